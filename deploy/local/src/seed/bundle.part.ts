import { AdminClient } from './admin-client.js';
import { demoBundle } from './demo-bundle.js';
import type { DemoPart } from './seeder.js';

/** One bundle of `deploy/local/demo`, applied in the operator's name. */
export function bundlePart(name: string, file: string): DemoPart {
  return {
    name,
    seed: async ({ memory, policy, sandboxProvider }) => {
      const client = new AdminClient(memory.operator.api_key);
      await client.untilKnown(`${policy}/v1/revisions`);
      await client.post(`${policy}/v1/apply?reason=demo`, { yaml: demoBundle(file, sandboxProvider) });
      return memory;
    },
  };
}
