import { waitFor } from '#libs/testing';
import { admin, demoKey, openai } from '../system/system.js';
import { modelCall } from './model-call.js';

/** A key of acme's service account that a test is going to revoke. */
export type DoomedKey = { readonly id: string; readonly value: string };
/** `isPublished`: the broker had the record when the answer came; else (202) it was still to be published. */
export type Revoked = { readonly answeredAtMs: number; readonly isPublished: boolean };

export async function issueKey(): Promise<DoomedKey> {
  const json = { name: 'doomed', owner: 'virtual-account:service' };
  const { status, body } = await admin<DoomedKey>('identity', 'POST', '/v1/api-keys', demoKey('acme', 'admin'), {
    json,
  });
  if (status !== 201) throw new Error(`issuing a key answered ${status}`);
  return body;
}

/** Revokes it, asking again for as long as identity does not answer: that is the fault under test. */
export async function revoke({ id }: DoomedKey): Promise<Revoked> {
  const ask = async () => {
    const sent = { json: { reason: 'under a fault' } };
    const answer = await admin('identity', 'POST', `/v1/api-keys/${id}/revoke`, demoKey('acme', 'admin'), sent);
    const { status } = answer;
    return (status === 200 || status === 202) && { answeredAtMs: performance.now(), isPublished: status === 200 };
  };
  return waitFor(ask, { timeoutMs: 60_000, everyMs: 100, what: 'identity to answer a revocation' });
}

/** Revokes it, and waits until both gateways have heard of it: an answer tells that the log has the record, not who read it. */
export async function revokeEverywhere(key: DoomedKey): Promise<void> {
  await revoke(key);
  for (const gateway of [1, 2] as const) {
    const client = openai(key.value, { gateway });
    const isRefused = async () => (await modelCall(client, 'local/llama-3')).status === 401;
    await waitFor(isRefused, { timeoutMs: 60_000, what: `gateway ${gateway} to refuse a revoked key` });
  }
}
