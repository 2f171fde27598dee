import { jsonSchemaOf, schemaNames } from '#libs/policy-language';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const folder = join(resolve(import.meta.dirname, '../..'), 'docs/reference/schemas');

it.each(schemaNames)('the reference of %s is current; npm run schemas writes it anew', (name) => {
  expect(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'))).toEqual(jsonSchemaOf(name));
});

it('has no schema of what there is no more', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(files.toSorted()).toEqual(schemaNames.map((name) => `${name}.json`).toSorted());
});
