import {
  builtInRoles,
  ENVIRONMENT_TAG,
  isReference,
  operatorOf,
  type Condition,
  type PolicyDocument,
} from '#libs/policy-language';

type Scope = {
  readonly resources?: readonly string[] | undefined;
  readonly when?: readonly Condition[] | undefined;
  readonly unless?: readonly Condition[] | undefined;
};

const TAG = 'resource.tags.';

/**
 * The keys of tags by which some statement, grant or boundary tells resources of a type apart. Another tag says nothing
 * to any decision, so that changing it grants nothing.
 */
export function tagsRead(type: string, sets: readonly (readonly PolicyDocument[])[]): ReadonlySet<string> {
  const scopes = [...builtInRoles.flatMap(({ statements }) => statements), ...sets.flat().flatMap(scopesOf)];
  const keys = new Set<string>(type === 'model' ? [ENVIRONMENT_TAG] : []);
  for (const { resources = ['**'], when = [], unless = [] } of scopes) {
    if (!resources.some((pattern) => pattern.startsWith(`${type}:`) || pattern.startsWith('*'))) continue;
    for (const condition of [...when, ...unless]) for (const key of keysOf(condition)) keys.add(key);
  }
  return keys;
}

function scopesOf({ kind, metadata, spec }: PolicyDocument): readonly Scope[] {
  switch (kind) {
    case 'Role':
      return spec.statements;
    case 'Boundary':
      return spec.allow;
    case 'Model':
      return (spec.grants ?? []).map((grant) => ({ ...grant, resources: [`model:${metadata.name}`] }));
    default:
      return [];
  }
}

function keysOf(condition: Condition): readonly string[] {
  const operand = operatorOf(condition).operand;
  const read = [condition.attr, ...(isReference(operand) ? [operand.ref] : [])];
  return read.filter((name) => name.startsWith(TAG)).map((name) => name.slice(TAG.length));
}
