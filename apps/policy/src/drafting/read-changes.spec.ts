import { parseBundle } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { bundleChanges } from './read-changes.js';

const file = (text: string) => [{ name: 'a.yaml', text }];
const limits = `apiVersion: gatehouse/v1
kind: Limits
metadata: {name: demo, tenant: acme}
spec: {rules: [{id: rpm, when: {}, limit: 10, unit: requests_per_minute}]}
`;

function read(text: string, refused: readonly 'Limits'[]) {
  const files = file(text);
  const source = { type: 'bundle', files, ids: {}, mode: 'apply', textKey: Buffer.alloc(32) } as const;
  const inForce = { tenantDocuments: [], platformDocuments: [] };
  return bundleChanges(parseBundle(files), source, { own: [], platform: [] }, inForce, new Set(refused));
}

it('refuses a kind that no gateway acts on, with its place: limits that hold nobody back are worse than none', () => {
  const { errors, wanted } = read(limits, ['Limits']);
  expect([errors.map(({ rule, line }) => `${rule} ${line}`), wanted]).toEqual([['kind-not-in-force 2'], []]);
  expect(read(limits, [])).toMatchObject({ errors: [], wanted: [{ change: { kind: 'Limits', name: 'demo' } }] });
});
