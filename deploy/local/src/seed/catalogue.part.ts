import { randomBytes } from 'node:crypto';
import { AdminClient } from './admin-client.js';
import { demoBundle } from './demo-bundle.js';
import type { DemoPart } from './seeder.js';

const bundles = ['platform', 'acme', 'globex'] as const;

/** Models, roles, bindings and boundaries of `deploy/local/demo`, and a credential for each provider account. */
export const catalogue: DemoPart = {
  name: 'catalogue',
  seed: async ({ memory, identity, policy, sandboxProvider }) => {
    const client = new AdminClient(memory.operator.api_key);
    await client.untilKnown(`${identity}/v1/tenants`);
    await client.untilKnown(`${policy}/v1/revisions`);
    for (const tenant of bundles) {
      const yaml = demoBundle(`${tenant}.yaml`, sandboxProvider);
      await client.post(`${policy}/v1/apply?reason=demo`, { yaml });
      for (const account of accountsOf(yaml)) {
        const value = `sk-sandbox-${randomBytes(24).toString('base64url')}`;
        await client.put(`${policy}/v1/provider-accounts/${account}/credential?tenant=${tenant}`, { json: { value } });
      }
    }
    return memory;
  },
};

function accountsOf(yaml: string): string[] {
  return Array.from(yaml.matchAll(/^kind: ProviderAccount\nmetadata: \{ name: ([a-z-]+),/gm), ([, name]) =>
    String(name),
  );
}
