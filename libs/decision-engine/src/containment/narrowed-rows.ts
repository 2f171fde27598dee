import { ENVIRONMENT_TAG, readNetwork, type KeyRestrictions } from '#libs/policy-language';
import { readPatterns } from '../statements/read-patterns.js';
import { compileCondition, type CompiledCondition } from '../conditions/compile-condition.js';
import { actionIdsOf, useOf } from '../statements/action-ids.js';
import type { Row, Terms } from '../statements/row.js';

/** Which way to err where a narrowing cannot be said in the form of rows: what is granted is taken for more than it is. */
export type Side = 'granted' | 'held';

/**
 * Rows as a key's restrictions leave them, for containment: what `checkOnResource` and `checkBeforeResource` decide by
 * when a request is there. Throws a TypeError for restrictions that no key may have.
 */
export function narrowedRows(rows: readonly Row[], restrictions: KeyRestrictions, side: Side): readonly Row[] {
  const { models, accounts, environments, operations, cidrs, statements } = restrictions;
  const isForModels = (models ?? accounts ?? environments) !== undefined;
  const when: CompiledCondition[] = [];
  if (environments) when.push(compileCondition({ attr: `resource.tags.${ENVIRONMENT_TAG}`, in: environments }));
  if (operations) when.push(compileCondition({ attr: 'request.operation', in: operations }));
  if (cidrs) when.push(compileCondition({ attr: 'request.ip', cidr: networks(cidrs) }));
  const reaches: Terms['reach'] = [
    ...(models ? [readPatterns(models.map((name) => (name.startsWith('model:') ? name : `model:${name}`)))] : []),
    ...(accounts ? [readPatterns(accounts.map((account) => `model:${account}/*`))] : []),
  ];
  const narrowed = rows.flatMap((row) => {
    const actions = isForModels ? row.actions.filter((action) => useOf(action) !== 'admin') : row.actions;
    const conditions = added(row.terms.conditions, { when, unless: [] });
    return apartByModels({ ...row, actions, terms: { ...row.terms, conditions } }, reaches, side);
  });
  return statements ? narrowed.flatMap((row) => statements.flatMap((statement) => within(row, statement))) : narrowed;
}

/** The lists of models narrow what is said of models, and nothing else. */
function apartByModels(row: Row, reaches: Terms['reach'], side: Side): readonly Row[] {
  if (reaches.length === 0) return [row];
  const [patterns = [], ...also] = row.terms.reach;
  const isNarrowed = (type: string | undefined) => type === 'model' || (type === undefined && side === 'held');
  const ofModels = patterns.filter(({ type }) => isNarrowed(type));
  const others = patterns.filter(({ type }) => !isNarrowed(type));
  return [
    ...(ofModels.length > 0 ? [reaching(row, [ofModels, ...also, ...reaches])] : []),
    ...(others.length > 0 ? [reaching(row, [others, ...also])] : []),
  ];
}

const reaching = (row: Row, reach: Terms['reach']): Row => ({ ...row, terms: { ...row.terms, reach } });

type KeyStatement = NonNullable<KeyRestrictions['statements']>[number];

function within(row: Row, statement: KeyStatement): readonly Row[] {
  const open = new Set(actionIdsOf(statement.actions));
  const actions = row.actions.filter((action) => open.has(action));
  if (actions.length === 0) return [];
  const when = (statement.when ?? []).map(compileCondition);
  const unless = (statement.unless ?? []).map(compileCondition);
  const conditions = added(row.terms.conditions, { when, unless });
  const reach = [...row.terms.reach, readPatterns(statement.resources)];
  return [{ ...row, actions, terms: { ...row.terms, conditions, reach } }];
}

const added = (own: Terms['conditions'], more: Terms['conditions']): Terms['conditions'] => ({
  when: [...own.when, ...more.when],
  unless: [...own.unless, ...more.unless],
});

function networks(cidrs: readonly string[]): string[] {
  const wrong = cidrs.find((text) => readNetwork(text) === undefined);
  if (wrong !== undefined) throw new TypeError(`${wrong} is no network`);
  return [...cidrs];
}
