import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../stack/checkout.js';
import { AdminClient } from './admin-client.js';
import type { DemoPart } from './seeder.js';

/** How old and how idle the keys of acme may get. It holds for the demo's own keys too: they were made without an end. */
export const keyPolicies: DemoPart = {
  name: 'key-policies',
  seed: async ({ memory, policy }) => {
    const client = new AdminClient(memory.operator.api_key);
    await client.untilKnown(`${policy}/v1/revisions`);
    const yaml = readFileSync(join(checkout, 'deploy/local/demo', 'key-policies.yaml'), 'utf8');
    await client.post(`${policy}/v1/apply?reason=demo`, { yaml });
    return memory;
  },
};
