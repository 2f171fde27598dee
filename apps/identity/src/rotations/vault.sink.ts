import type { EgressGuard } from '#libs/http';
import { z } from 'zod';
import { SinkFailed, type RotatedSecret, type RotationSink } from './rotation-sink.js';

type Options = { readonly url: string; readonly token: string; readonly mount: string; readonly prefix: string };

const TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 64 * 1024;

const Held = z.object({ data: z.object({ data: z.object({ value: z.string() }) }) });

/**
 * HashiCorp Vault, KV version 2: each rotation is a new version of the secret `<mount>/<prefix>/<tenant>/<key id>` with
 * the field `value`. The token needs `create`, `update` and `read` on `<mount>/data/<prefix>/*`.
 * https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2
 */
export class VaultSink implements RotationSink {
  constructor(
    private readonly guard: Pick<EgressGuard, 'request'>,
    private readonly options: Options,
    readonly takes: (tenantId: string) => boolean,
  ) {}

  async deliver({ tenantId, keyId, text, at }: RotatedSecret): Promise<void> {
    const body = JSON.stringify({ data: { value: text, rotated_at: at } });
    const { status } = await this.ask('POST', tenantId, keyId, body);
    if (status !== 200 && status !== 204) throw new SinkFailed(`http_${status}`);
  }

  async held(tenantId: string, keyId: string): Promise<string | undefined> {
    const { status, body } = await this.ask('GET', tenantId, keyId);
    if (status !== 200) return undefined;
    const read = Held.safeParse(jsonOf(body));
    return read.success ? read.data.data.data.value : undefined;
  }

  private ask(method: 'GET' | 'POST', tenantId: string, keyId: string, body?: string) {
    const { url, token, mount, prefix } = this.options;
    const path = [mount, 'data', prefix, tenantId, keyId].map(encodeURIComponent).join('/');
    const headers = { 'x-vault-token': token, 'content-type': 'application/json' };
    const bounds = { timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX };
    return this.guard.request(`${url}/v1/${path}`, { method, headers, ...(body && { body }), ...bounds });
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
