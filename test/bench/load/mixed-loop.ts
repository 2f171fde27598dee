import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Arm } from '../arm.js';
import { chatBody } from './chat-body.js';

/** Beyond that, calls wait for those before. */
const CONNECTIONS_MAX = 256;
type Way = {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly leaves?: true;
};

/** Of ten calls six are answered whole, one is a stream that is read, one a stream whose caller leaves, two are refused. */
function waysOf({ model, headers }: Arm): readonly Way[] {
  const own = { 'content-type': 'application/json', ...(typeof headers === 'function' ? headers() : headers) };
  const stream = JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'hi' }] });
  const plain = { status: 200, headers: own, body: chatBody(model, 1_000) };
  return [
    plain,
    plain,
    plain,
    { ...plain, body: chatBody(model, 20_000) },
    plain,
    { ...plain, body: stream },
    plain,
    { ...plain, body: stream, leaves: true },
    { ...plain, status: 403, body: chatBody('openai-main/unknown', 1_000) },
    { ...plain, status: 401, headers: { ...own, authorization: 'Bearer nobody' } },
  ];
}

/** Sends so many calls a second, of every kind in turn, until the time is over; answers how many. Any other answer ends the benchmark. */
export async function mixedLoop(arm: Arm, perSecond: number, durationMs: number): Promise<number> {
  const { origin, pathname } = new URL(`${arm.url}/chat/completions`);
  const pool = new Pool(origin, { connections: CONNECTIONS_MAX, pipelining: 1 });
  const ways = waysOf(arm);
  const under = new Set<Promise<void>>();
  const begunMs = performance.now();
  let sent = 0;
  let failure: unknown;
  try {
    for (;;) {
      const elapsedMs = performance.now() - begunMs;
      if (elapsedMs > durationMs || failure) break;
      for (; sent < (elapsedMs * perSecond) / 1_000; sent += 1) {
        const call = send(pool, pathname, ways[sent % ways.length] as Way)
          .catch((error: unknown) => void (failure ??= error))
          .finally(() => under.delete(call));
        under.add(call);
      }
      await pause(1);
    }
    await Promise.all(under);
  } finally {
    await pool.close();
  }
  if (failure) throw failure;
  return sent;
}

async function send(pool: Pool, path: string, { status, headers, body, leaves }: Way): Promise<void> {
  const { statusCode, body: answer } = await pool.request({ path, method: 'POST', headers, body });
  if (statusCode !== status) throw new Error(`${statusCode} in the place of ${status}: ${await answer.text()}`);
  if (!leaves) return void (await answer.text());
  // It has begun, and nobody reads on.
  answer.on('error', () => undefined);
  answer.destroy();
}
