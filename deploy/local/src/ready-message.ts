import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalJson } from './stack/local-json.js';

/** What is printed when everything runs: where it is, and a first call that reads its key from local.json. */
export function readyMessage(home: string, seconds: number): string {
  const file = join(home, 'local.json');
  const local = JSON.parse(readFileSync(file, 'utf8')) as LocalJson;
  const read = `process.stdout.write(JSON.parse(require('fs').readFileSync('${file}')).tenants.acme.keys.manager)`;
  return [
    '',
    `Everything runs, after ${seconds.toFixed(1)} s. Ctrl-C stops it.`,
    '',
    `  gateway           ${local.gateway.url}/v1`,
    `  identity          ${local.identity.url}`,
    `  policy            ${local.policy.url}`,
    `  audit             ${local.audit.url}`,
    `  sandbox provider  ${local.sandbox_provider.url}`,
    `  keys and the rest ${file}`,
    '',
    'A first call:',
    '',
    `  KEY=$(node -e "${read}")`,
    `  curl -s ${local.gateway.url}/v1/chat/completions -H "Authorization: Bearer $KEY" \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"model":"openai-main/gpt-4","messages":[{"role":"user","content":"Hello"}]}'`,
    '',
  ].join('\n');
}
