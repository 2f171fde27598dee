import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { kinds } from '../kinds/registry.js';
import { jsonSchemaOf, schemaNames } from './json-schema.js';

function validatorOf(name: (typeof schemaNames)[number]) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.compile(jsonSchemaOf(name));
}

it.each(schemaNames)('%s has a schema of 2020-12 that a validator takes', (name) => {
  const schema = jsonSchemaOf(name);
  expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema['required']).toEqual(expect.arrayContaining(['apiVersion', 'kind', 'metadata']));
  expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true);
  expect(validatorOf(name)({ kind: name })).toBe(false);
});

it('takes what the language takes, and refuses an unknown field and an empty list as it does', () => {
  const validate = validatorOf('RoleBinding');
  const metadata = { name: 'b', tenant: 'acme' };
  const binding = (spec: object) => ({ apiVersion: 'gatehouse/v1', kind: 'RoleBinding', metadata, spec });
  const bindings = [
    binding({ subjects: ['team:ds'], roles: ['viewer'] }),
    binding({ subjects: ['team:ds'], roles: ['viewer'], resource: ['model:**'] }),
    binding({ subjects: [], roles: ['viewer'] }),
  ];
  const taken = bindings.map((each) => [validate(each), kinds.RoleBinding.schema.safeParse(each).success]);
  expect(taken).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
});

it('takes a condition with exactly one operator, and tells editors which actions and attributes there are', () => {
  const validate = validatorOf('Role');
  const metadata = { name: 'r', tenant: 'acme' };
  const when = (condition: object) => {
    const statement = { id: 'a', effect: 'allow', actions: ['model:invoke'], resources: ['model:*/*'] };
    const spec = { statements: [{ ...statement, when: [condition] }] };
    return validate({ apiVersion: 'gatehouse/v1', kind: 'Role', metadata, spec });
  };
  const attr = 'resource.tags.env';
  expect([when({ attr, eq: 'a' }), when({ attr }), when({ attr, eq: 'a', ne: 'b' })]).toEqual([true, false, false]);
  const text = JSON.stringify(jsonSchemaOf('Role'));
  for (const named of ['"model:invoke"', '"limits:adjust"', '"resource.tags.*"']) expect(text).toContain(named);
});
