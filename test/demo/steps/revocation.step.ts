import { strict as assert } from 'node:assert';
import type { Called, Stage } from '../stage.js';
import type { Step } from '../step.js';
import { until } from '../until.js';

const CALLERS_PER_GATEWAY = 4;
/** DESIGN's longest: by then a replica has heard of a revocation, or answers nobody. */
const LEASE_MS = 10_000;
type Seen = { readonly gateway: number; readonly sentAtMs: number; readonly status: number };

export const revocation: Step = {
  title: 'A key is revoked in the middle of its traffic',
  async tell(stage) {
    const { url } = stage.local.identity;
    const json = { name: 'leaked', owner: 'virtual-account:service' };
    const key = await stage.acme.post<{ id: string; value: string }>(`${url}/v1/api-keys`, { json });
    const traffic = new Traffic(stage, key.value);
    try {
      await until('every gateway to let it in', async () => traffic.everywhere(({ status }) => status === 200));
      await stage.acme.post(`${url}/v1/api-keys/${key.id}/revoke`, {
        json: { reason: 'found in a public repository' },
      });
      const revokedAtMs = performance.now();
      const isRefused = ({ status, sentAtMs }: Seen) => status === 401 && sentAtMs > revokedAtMs;
      await until('every gateway to refuse it', async () => traffic.everywhere(isRefused));
      const late = traffic.seen.filter(({ status, sentAtMs }) => status === 200 && sentAtMs > revokedAtMs);
      const lastMs = Math.max(0, ...late.map(({ sentAtMs }) => Math.round(sentAtMs - revokedAtMs)));
      assert.ok(lastMs <= LEASE_MS, `somebody was let in ${lastMs} ms after the revocation`);
      const served = traffic.seen.filter(({ status }) => status === 200).length;
      return `${served} calls were served before; the last call let in was sent ${lastMs} ms after the revocation’s answer.`;
    } finally {
      await traffic.stop();
    }
  },
};

/** Callers at each gateway that go on until they are stopped. */
class Traffic {
  readonly seen: Seen[] = [];
  private readonly loops: Promise<void>[];
  private isStopping = false;

  constructor(
    private readonly stage: Stage,
    private readonly key: string,
  ) {
    const gateways = stage.local.gateways.flatMap((_, gateway) => Array<number>(CALLERS_PER_GATEWAY).fill(gateway));
    this.loops = gateways.map((gateway) => this.loop(gateway));
  }

  everywhere(isAs: (seen: Seen) => boolean): boolean {
    return this.stage.local.gateways.every((_, gateway) =>
      this.seen.some((seen) => seen.gateway === gateway && isAs(seen)),
    );
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
  }

  private async loop(gateway: number): Promise<void> {
    while (!this.isStopping) {
      const sentAtMs = performance.now();
      const { status }: Called = await this.stage.call(this.key, { gateway });
      this.seen.push({ gateway, sentAtMs, status });
    }
  }
}
