import { afterAll, expect, it } from 'vitest';
import { runGuide } from '../system/guide.js';
import { admin, demoKey } from '../system/system.js';

/** What guides apply to the tenant of the demo; their KeyPolicy is the one that it has already. */
const applied = ['role-bindings/viewers-on-local', 'role-bindings/batch', 'prompts/summary'];

afterAll(async () => {
  const unconditional = { headers: { 'if-match': '*' } };
  for (const path of applied) await admin('policy', 'DELETE', `/v1/${path}`, demoKey('acme', 'admin'), unconditional);
});

it.each([
  ['README.md', '## First calls', ['Sandbox(gpt-4)', '"object":"explanation"', 'access_token', '"status":"revoked"']],
  ['docs/guides/oauth.md', '#', ['Sandbox(llama-3)', 'issued_token_type', '"active":true', '"status":"disabled"']],
  ['docs/guides/tenants.md', '#', ['active', '"display_name":"Umbrella"', '"status":"deleted"']],
  ['docs/guides/keys.md', '#', ['"overlap_until"', '"sink":"files"', '"object":"list"']],
  ['docs/guides/ledger.md', '#', ['"type":"calls"', '"type":"correction"', '"object":"ledger_balance"']],
  ['docs/guides/prompts.md', '#', ['Sandbox(gpt-4)', '"param":"prompt.version"', '"state":"promoted"']],
])('every command of %s, from %s on, does what it says', async (path, from, printed) => {
  const ran = await runGuide(path, from);
  expect(ran.code, `${ran.printed.slice(-2_000)}\n${ran.complaints.slice(-2_000)}`).toBe(0);
  for (const text of printed) expect(ran.printed).toContain(text);
});
