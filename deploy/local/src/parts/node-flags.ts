import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Node's options for a service, as `apps/<service>/node.flags` has them; most have none. Its image reads the same file. */
export function nodeFlags(checkout: string, service: string): string[] {
  const path = join(checkout, 'apps', service, 'node.flags');
  return existsSync(path) ? readFileSync(path, 'utf8').split(/\s+/u).filter(Boolean) : [];
}
