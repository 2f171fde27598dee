import { z } from 'zod';
import { kindNames, kinds, type Kind } from '../kinds/registry.js';
import { POLICY_TEST, PolicyTest } from '../policy-test/policy-test.js';
import { actionNames } from '../vocabulary/actions.js';
import { attributes } from '../vocabulary/attributes.js';
import { Condition } from './condition.js';
import { ActionPattern } from './statement.js';

/** What a bundle may hold: every kind, and tests. */
export type SchemaName = Kind | typeof POLICY_TEST;

/** All of them, kinds first. */
export const schemaNames: readonly SchemaName[] = [...kindNames, POLICY_TEST];

/** JSON Schema (2020-12) of a kind, for editors. What it cannot say is the lint's. */
export function jsonSchemaOf(name: SchemaName): Record<string, unknown> {
  const { schema, sentence } = name === POLICY_TEST ? TEST : kinds[name];
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input', override: forEditors });
  return { $schema, $id: `urn:gatehouse:schema:v1:${name}`, title: name, description: sentence, ...rest };
}

const TEST = { schema: PolicyTest, sentence: 'Tests and invariants of a policy; run with a bundle and never stored.' };

/** What editors complete, and what a schema can say of a condition although it is no matter of one field. */
function forEditors({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: Record<string, unknown> }): void {
  if (zodSchema === ActionPattern) jsonSchema['examples'] = actionNames;
  if (zodSchema === Condition.shape.attr) jsonSchema['examples'] = Object.keys(attributes);
  // The attribute and exactly one operator.
  if (zodSchema === Condition) Object.assign(jsonSchema, { minProperties: 2, maxProperties: 2 });
}
