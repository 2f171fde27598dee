import { actionsMatching, builtInRoles, type Condition, type PolicyDocument } from '#libs/policy-language';
import type { NaivePolicy } from './naive-request.fixture.js';

/** A statement with whom it is bound to: what other engines call one policy. */
export type FlatStatement = {
  readonly subjects: readonly string[];
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  /** Each list is alternatives, and all lists must be met. */
  readonly reach: readonly (readonly string[])[];
  readonly when: readonly Condition[];
  readonly unless: readonly Condition[];
  readonly expiresAtMs: number | undefined;
};

type Loose = {
  readonly effect?: 'allow' | 'deny' | undefined;
  readonly actions: readonly string[];
  readonly resources?: readonly string[] | undefined;
  readonly when?: readonly Condition[] | undefined;
  readonly unless?: readonly Condition[] | undefined;
};
type Bound = Pick<FlatStatement, 'subjects' | 'expiresAtMs'> & { readonly also?: readonly string[] | undefined };

/** The same as one engine after the other would be told it. */
export function flat(statement: Loose, { subjects, expiresAtMs, also }: Bound): FlatStatement {
  const { effect = 'allow', resources = ['**'], when = [], unless = [] } = statement;
  const actions = [...new Set(statement.actions.flatMap((pattern) => actionsMatching(pattern)))];
  return { subjects, expiresAtMs, effect, actions, when, unless, reach: also ? [resources, also] : [resources] };
}

/** Every statement of a policy's roles and grants, once for each binding. */
export function flatStatements({ own, platform }: NaivePolicy): readonly FlatStatement[] {
  const names = new Set(own.flatMap(({ kind, metadata }) => (kind === 'Model' ? [metadata.name] : [])));
  const shown = platform.filter(({ kind, metadata }) => kind !== 'Model' || !names.has(metadata.name));
  const of = (documents: readonly PolicyDocument[], roles: readonly PolicyDocument[]) =>
    documents.flatMap((document) => ofDocument(document, roles));
  return [...of(own, [...own, ...platform]), ...of(shown, platform)];
}

function ofDocument(document: PolicyDocument, roles: readonly PolicyDocument[]): readonly FlatStatement[] {
  const { kind, metadata, spec } = document;
  if (kind === 'Model') {
    const resources = [`model:${metadata.name}`];
    return (spec.grants ?? []).map(({ subjects, ...grant }) =>
      flat({ ...grant, resources }, { subjects, expiresAtMs: undefined }),
    );
  }
  if (kind !== 'RoleBinding') return [];
  const { subjects, resources, expires } = spec;
  const bound = { subjects, expiresAtMs: expires === undefined ? undefined : Date.parse(expires) };
  return spec.roles.flatMap((name) => {
    const builtIn = builtInRoles.find((role) => role.name === name);
    if (builtIn) {
      const held = builtIn.statements.filter(({ binding }) => binding !== 'required' || resources);
      return held.map((each) => flat(each, { ...bound, also: each.binding === 'ignored' ? undefined : resources }));
    }
    const role = roles.find((each) => each.kind === 'Role' && each.metadata.name === name);
    if (role?.kind !== 'Role') throw new Error(`generated policy names no role ${name}`);
    return role.spec.statements.map((each) => flat(each, { ...bound, also: resources }));
  });
}
