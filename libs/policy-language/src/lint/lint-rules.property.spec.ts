import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkBundle } from '../bundle/check-bundle.js';
import { actionNames, isAction } from '../vocabulary/actions.js';

const RUNS = { numRuns: 100 };
const envelope = (kind: string, name: string, spec: object) => ({
  apiVersion: 'gatehouse/v1',
  kind,
  metadata: { name, tenant: 'acme' },
  spec,
});
type Statement = {
  readonly id?: string | undefined;
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly resources?: readonly string[] | undefined;
  readonly when?: readonly object[];
  readonly unless?: readonly object[];
};
const check = (statements: readonly Statement[], role: object = {}, settings: object = {}) => {
  const documents = [envelope('Role', 'r', { ...role, statements }), envelope('TenantSettings', 'settings', settings)];
  const files = [{ name: 'a.json', text: JSON.stringify(documents) }];
  return checkBundle(files, { tenantDocuments: [], platformDocuments: [] });
};

const effect = fc.constantFrom('allow' as const, 'deny' as const);
const modelActions = fc.uniqueArray(fc.constantFrom('model:invoke', 'model:list', 'model:*'), { minLength: 1 });
const modelResources = fc.uniqueArray(fc.constantFrom('model:*/*', 'model:*/a*', 'model:**'), { minLength: 1 });
const statements: fc.Arbitrary<Statement[]> = fc
  .array(fc.record({ effect, actions: modelActions, resources: modelResources }), { minLength: 1, maxLength: 5 })
  .map((list) => list.map((statement, n) => ({ id: `s${n}`, ...statement })));
/** A role of good statements, one of which is changed. */
const spoilt = (change: (statement: Statement) => Statement) =>
  fc.tuple(statements, fc.nat()).map(([list, pick]) => {
    const at = pick % list.length;
    return { at, list: list.map((statement, n) => (n === at ? change(statement) : statement)) };
  });

it('finds nothing in what names known things alone', () => {
  const mistakes = fc.property(statements, (list) => {
    expect(check(list)).toMatchObject({ errors: [], warnings: [] });
  });
  fc.assert(mistakes, RUNS);
});

it('7: a word that is no action is an error at its place, whatever stands around it', () => {
  const unknown = fc
    .tuple(fc.constantFrom(...actionNames), fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), fc.nat())
    .map(([name, letter, at]) => name.slice(0, at % name.length) + letter + name.slice(at % name.length))
    .filter((text) => !isAction(text));
  fc.assert(
    fc.property(
      unknown,
      spoilt((statement) => statement),
      (action, { at, list }) => {
        const wrong = list.map((each, n) => (n === at ? { ...each, actions: [...each.actions, action] } : each));
        const place = `/spec/statements/${at}/actions/${list[at]?.actions.length}`;
        expect(check(wrong).errors.map(({ pointer }) => pointer)).toContain(place);
      },
    ),
    RUNS,
  );
});

it('9: a statement without an id, wherever it stands, is an error', () => {
  fc.assert(
    fc.property(
      spoilt((statement) => ({ ...statement, id: undefined })),
      ({ at, list }) => {
        const found = check(list).errors.map(({ rule, pointer }) => `${rule} ${pointer}`);
        expect(found).toEqual([`missing-id /spec/statements/${at}/id`]);
      },
    ),
    RUNS,
  );
});

it('10: a statement without resources, wherever it stands, is an error unless the role is tenant-wide', () => {
  fc.assert(
    fc.property(
      spoilt((statement) => ({ ...statement, resources: undefined })),
      fc.boolean(),
      ({ at, list }, wide) => {
        const found = check(list, wide ? { tenantWide: true } : {}).errors.map(
          ({ rule, pointer }) => `${rule} ${pointer}`,
        );
        expect(found).toEqual(wide ? [] : [`no-resource-selector /spec/statements/${at}`]);
      },
    ),
    RUNS,
  );
});

it('13: what the caller chooses is a warning exactly where meeting it lets in and nobody pins it', () => {
  const attribute = fc.constantFrom(
    'request.metadata.a',
    'request.metadata.b',
    'credential.labels.a',
    'principal.labels.a',
    'principal.id',
  );
  const list = fc.constantFrom('when' as const, 'unless' as const);
  fc.assert(
    fc.property(effect, list, attribute, fc.boolean(), (how, place, attr, pinned) => {
      const condition = { [place]: [{ attr, eq: 'x' }] };
      const statement = { id: 's', effect: how, actions: ['model:invoke'], resources: ['model:*/*'], ...condition };
      const { warnings } = check([statement], {}, pinned ? { requiredMetadata: { a: ['x'], b: '*' } } : {});
      const chosen = attr.startsWith('request.metadata.') || attr.startsWith('credential.labels.');
      const isPinned = pinned && attr === 'request.metadata.a';
      const letsIn = how === 'allow' || place === 'unless';
      expect(warnings.map(({ rule }) => rule)).toEqual(
        chosen && letsIn && !isPinned ? ['caller-chosen-attribute'] : [],
      );
    }),
    RUNS,
  );
});
