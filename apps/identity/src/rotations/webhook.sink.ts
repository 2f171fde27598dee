import { createHmac } from 'node:crypto';
import type { EgressGuard } from '#libs/http';
import { SinkFailed, type RotatedSecret, type RotationSink } from './rotation-sink.js';

type Options = { readonly url: string; readonly secret: string };

const TIMEOUT_MS = 10_000;
/** Nothing of the answer is read. */
const ANSWER_BYTES_MAX = 16 * 1024;

/**
 * Posts the text to the operator's URL. `gatehouse-signature: t=<seconds>,v1=<hex>` is an HMAC-SHA-256 under the shared
 * secret over `<t>.<body>`: the receiver checks it, and that `t` is recent. Any 2xx is an acknowledgement. It cannot be
 * asked what it holds, so a delivery whose acknowledgement was lost is followed by one with another text.
 */
export class WebhookSink implements RotationSink {
  constructor(
    private readonly guard: Pick<EgressGuard, 'request'>,
    private readonly options: Options,
    readonly takes: (tenantId: string) => boolean,
  ) {}

  async deliver({ tenantId, keyId, text, at }: RotatedSecret): Promise<void> {
    const body = JSON.stringify({ object: 'api_key.rotated', tenant: tenantId, id: keyId, value: text, at });
    const seconds = String(Math.floor(Date.parse(at) / 1000));
    const mac = createHmac('sha256', this.options.secret).update(`${seconds}.${body}`).digest('hex');
    const headers = { 'content-type': 'application/json', 'gatehouse-signature': `t=${seconds},v1=${mac}` };
    const bounds = { timeoutMs: TIMEOUT_MS, bytesMax: ANSWER_BYTES_MAX };
    const { status } = await this.guard.request(this.options.url, { method: 'POST', headers, body, ...bounds });
    if (status < 200 || status > 299) throw new SinkFailed(`http_${status}`);
  }

  held(): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}
