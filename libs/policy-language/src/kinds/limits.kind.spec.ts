import { describe, expect, it } from 'vitest';
import { checkBundle } from '../bundle/check-bundle.js';

const document = (kind: string, spec: object) => ({
  apiVersion: 'gatehouse/v1',
  kind,
  metadata: { name: 'spec', tenant: 'acme' },
  spec,
});
function findingsOf(rule: object, settings: object = {}) {
  const rules = [{ id: 'r', limit: 1, unit: 'requests_per_day', when: {}, ...rule }];
  const text = JSON.stringify([document('TenantSettings', settings), document('Limits', { rules })]);
  const found = checkBundle([{ name: 'a.json', text }], { tenantDocuments: [], platformDocuments: [] });
  const short = ({ rule: name, pointer }: (typeof found.errors)[number]) => `${name} ${pointer}`;
  return { errors: found.errors.map(short), warnings: found.warnings.map(short) };
}

describe('a limit about metadata', () => {
  it('is warned of where the caller chooses whether the rule holds it', () => {
    const when = { metadata: { project: ['x'] } };
    const warnings = ['caller-chosen-attribute /spec/rules/0/when/metadata/project'];
    expect(findingsOf({ when })).toEqual({ errors: [], warnings });
    expect(findingsOf({ when }, { requiredMetadata: { project: '*' } })).toEqual({ errors: [], warnings });
    expect(findingsOf({ when }, { requiredMetadata: { project: ['x', 'y'] } })).toEqual({ errors: [], warnings: [] });
  });

  it('names at least one key, and a value for each', () => {
    for (const metadata of [{}, { a: [] }, { a: 'x' }, { 'a b': '*' }]) {
      expect(findingsOf({ when: { metadata } }).errors).toHaveLength(1);
    }
  });

  it('tells calls apart by a key, and by nothing that merely looks like one', () => {
    expect(findingsOf({ per: ['user', 'metadata.cost-center'] }).errors).toEqual([]);
    for (const per of ['metadata.', 'metadata', 'metadata.a b', 'request.metadata.a', `metadata.${'a'.repeat(64)}`]) {
      expect([per, findingsOf({ per: [per] }).errors.length]).toEqual([per, 1]);
    }
  });
});
