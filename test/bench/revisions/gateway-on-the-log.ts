import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sandboxProviderPart } from '../../../deploy/local/src/parts/sandbox-provider.part.js';
import { checkout } from '../../../deploy/local/src/stack/checkout.js';
import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import { startStores } from '../../../deploy/local/src/stack/start-stores.js';
import type { Arm } from '../arm.js';
import { LoneGateway } from '../arms/lone-gateway.js';
import { PROVIDER_CREDENTIAL } from '../arms/of-stack.js';
import { KEYS_PER_TENANT, tenantOf, userOf, Writers, writersSecrets } from '../load/written-keys.js';
import { WrittenPolicy } from './written-policy.js';

/** A gateway with Kafka and an upstream alone, and policies that are published to it without the policy service. */
export type GatewayOnTheLog = {
  readonly arm: Arm;
  readonly writers: Writers;
  readonly policies: readonly WrittenPolicy[];
  stop(): Promise<void>;
};

const MODEL = 'bench/called';

/** With so many tenants, one caller of each; the arm's requests are theirs in turn. */
export async function gatewayOnTheLog(tenants: number, say: (line: string) => void): Promise<GatewayOnTheLog> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-revisions-'));
  const stores = await startStores(join(folder, 'stores'), say);
  const [port = 0, upstreamPort = 0] = await freePorts(2);
  const secrets = writersSecrets();
  const writers = new Writers(stores.kafka.brokers, secrets);
  const data = join(folder, 'gateway');
  mkdirSync(data);
  const around = { brokers: stores.kafka.brokers, secrets, egressAllow: '127.0.0.1/32' };
  const gateway = new LoneGateway(data, port, around);
  const stop = async () => {
    await gateway.stop();
    await writers.close();
    await stores.stack.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await stores.stack.start(sandboxProviderPart({ checkout, port: upstreamPort }));
    await writers.open();
    const texts = await writers.keys(tenants * KEYS_PER_TENANT, say);
    const policies = texts.map((_, tenant) => policyOf(tenant));
    const origin = `http://127.0.0.1:${upstreamPort}`;
    for (const policy of policies) {
      await writers.secret(policy.tenant, policy.account, origin, PROVIDER_CREDENTIAL);
      await writers.policy(policy.first(origin));
    }
    await gateway.start();
    return { arm: armOf(gateway, texts), writers, policies, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Of whose last key's owner the caller is. */
function policyOf(tenant: number): WrittenPolicy {
  const n = (tenant + 1) * KEYS_PER_TENANT - 1;
  const names = { name: 'bench', model: MODEL, other: 'bench/other' };
  return new WrittenPolicy({ tenant: tenantOf(n), subject: `user:${userOf(n)}`, ...names });
}

function armOf({ url, pid }: LoneGateway, texts: readonly string[]): Arm {
  let sent = 0;
  const headers = () => ({ authorization: `Bearer ${texts[(sent += 1) % texts.length]}` });
  return { name: 'gateway', url: `${url}/v1`, headers, model: MODEL, pid };
}
