import { setTimeout as pause } from 'node:timers/promises';
import { AdminClient } from '../../../deploy/local/src/seed/admin-client.js';
import { until } from '../../demo/until.js';
import type { LocalJson } from '../local-stack.js';
import { flippingDocuments } from './flipping-documents.js';

/** Writes that are under way at once: the store lets one tenant's pass one by one. */
const WRITERS = 4;
/** What the role gives that does not give the model. */
const OTHER_MODEL = 'local/mistral';

/** A policy that is changed over REST all the time, to `flippingDocuments`, and a caller of its own. */
export class FlippingPolicy {
  private revisions = 0;

  private constructor(
    private readonly local: LocalJson,
    private readonly admin: AdminClient,
    private readonly account: string,
    private readonly model: string,
    /** The caller's. */
    readonly key: string,
  ) {}

  static async inForce(local: LocalJson, model: string): Promise<FlippingPolicy> {
    const admin = new AdminClient(local.tenants.acme.admin_key);
    const { url } = local.identity;
    const name = `bench-${crypto.randomUUID().slice(0, 8)}`;
    await admin.post(`${url}/v1/virtual-accounts`, { json: { name } });
    const key = { json: { name, owner: `virtual-account:${name}` } };
    const { value } = await admin.post<{ value: string }>(`${url}/v1/api-keys`, key);
    const policy = new FlippingPolicy(local, admin, name, model, value);
    await policy.flip();
    await policy.known();
    return policy;
  }

  /** Applies so many revisions a second until `over`; answers how many a second there were. */
  async flips(perSecond: number, over: AbortSignal): Promise<number> {
    const begunMs = performance.now();
    const before = this.revisions;
    const writer = async () => {
      while (!over.aborted) {
        const dueMs = begunMs + ((this.revisions - before) * 1_000) / perSecond;
        const earlyMs = dueMs - performance.now();
        if (earlyMs > 0) await pause(earlyMs);
        else await this.flip();
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, writer));
    return ((this.revisions - before) * 1_000) / (performance.now() - begunMs);
  }

  private async flip(): Promise<void> {
    const { account, model } = this;
    this.revisions += 1;
    const about = { tenant: 'acme', subject: `virtual-account:${account}`, name: account, model, other: OTHER_MODEL };
    const bundle = flippingDocuments(about, this.revisions).map((document) => JSON.stringify(document));
    await this.admin.post(`${this.local.policy.url}/v1/apply`, { yaml: bundle.join('\n---\n') });
  }

  private async known(): Promise<void> {
    const headers = { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ model: this.model, messages: [{ role: 'user', content: 'x' }] });
    const url = `${this.local.gateway.url}/v1/chat/completions`;
    await until('the gateway to take the key', async () => (await fetch(url, { method: 'POST', headers, body })).ok);
  }
}
