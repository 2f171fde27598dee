import { waitFor } from '#libs/testing';
import { openai } from './system.js';

const both = [1, 2] as const;

/** The status of a chat completion with a token. */
export async function statusOf(token: string, gateway: 1 | 2): Promise<number> {
  const call = { model: 'local/llama-3', messages: [{ role: 'user' as const, content: 'x' }] };
  const answered = openai(token, { gateway }).chat.completions.create(call);
  return answered.then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );
}

/** Waits until both gateways answer a token so. */
export async function everywhere(token: string, status: number): Promise<void> {
  const isSo = (gateway: 1 | 2) => async () => (await statusOf(token, gateway)) === status;
  const what = (gateway: number) => `${status} at gateway ${gateway}`;
  await Promise.all(both.map((gateway) => waitFor(isSo(gateway), { timeoutMs: 60_000, what: what(gateway) })));
}
