/** Whom the documents let call `model`, by turns; nobody calls `other`. */
export type Flipping = {
  readonly tenant: string;
  readonly subject: string;
  /** Of the binding. */
  readonly name: string;
  readonly model: string;
  readonly other: string;
};

const roles = ['bench-odd', 'bench-even'] as const;

/**
 * The documents of the n-th revision: it allows the subject the same model as each other one, by the role that the one
 * before took it from. Only what mixes two revisions (a binding of one with a role of another) refuses them.
 */
export function flippingDocuments({ tenant, subject, name, model, other }: Flipping, n: number) {
  const allowing = n % roles.length;
  const document = (kind: string, called: string, spec: object) => {
    return { apiVersion: 'gatehouse/v1', kind, metadata: { name: called, tenant }, spec };
  };
  const role = (which: string, index: number) =>
    document('Role', which, { statements: [statement(index === allowing ? model : other)] });
  return [
    ...roles.map(role),
    document('RoleBinding', name, { subjects: [subject], roles: [roles[allowing]], reason: 'a benchmark' }),
  ];
}

const statement = (model: string) => ({
  id: 'one',
  effect: 'allow',
  actions: ['model:invoke'],
  resources: [`model:${model}`],
});
