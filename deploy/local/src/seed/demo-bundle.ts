import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../stack/checkout.js';

/** The text of a bundle of `deploy/local/demo`, with the address of the sandbox provider put in. */
export function demoBundle(file: string, sandboxProvider: string): string {
  const text = readFileSync(join(checkout, 'deploy/local/demo', file), 'utf8');
  return text.replaceAll('${SANDBOX_PROVIDER}', sandboxProvider);
}
