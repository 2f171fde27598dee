import type { PolicyDocument } from '#libs/policy-language';
import type { Coverage } from './report.js';

/** The statements of roles and of models' grants in these documents, as decisions cite them. */
export function statementsOf(documents: readonly PolicyDocument[]): readonly string[] {
  return documents.flatMap(({ kind, metadata: { name }, spec }) => {
    if (kind === 'Role') return spec.statements.map(({ id }) => `${name}/${id}`);
    return kind === 'Model' ? (spec.grants ?? []).map((_, n) => `model/${name}/grants/${n}`) : [];
  });
}

/** How many of the documents' statements are among those that decided something. */
export function coverageOf(documents: readonly PolicyDocument[], decided: ReadonlySet<string>): Coverage {
  const all = statementsOf(documents);
  const undecided = all.filter((id) => !decided.has(id)).toSorted();
  const covered = all.length - undecided.length;
  return {
    statements: all.length,
    decided: covered,
    percent: all.length === 0 ? 100 : (covered / all.length) * 100,
    undecided,
  };
}
