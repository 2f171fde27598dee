import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomically } from '../process/write-file-atomically.js';
import type { SeedMemory } from './seeder.js';

const Tenant = z.object({ admin_key: z.string(), keys: z.record(z.string(), z.string()) });
const Memory = z.object({
  done: z.array(z.string()),
  operator: z.object({ api_key: z.string() }),
  tenants: z.record(z.string(), Tenant),
});
const nothing: SeedMemory = { done: [], operator: { api_key: '' }, tenants: {} };

/** What earlier starts of this home have seeded. A damaged file is an error: its keys cannot be made again. */
export function readSeedMemory(file: string): SeedMemory {
  return existsSync(file) ? Memory.parse(JSON.parse(readFileSync(file, 'utf8'))) : nothing;
}

export function writeSeedMemory(file: string, memory: SeedMemory): void {
  writeFileAtomically(file, `${JSON.stringify(memory, undefined, 2)}\n`);
}
