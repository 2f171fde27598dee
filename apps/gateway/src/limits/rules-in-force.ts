import { canonicalSubject, type TenantSnapshot } from '#libs/decision-engine';
import { billionthsOf, type WindowUnit } from '#libs/limits';
import { compileGlob, type DocumentOf, type Glob } from '#libs/policy-language';
import { compilePattern, type MetadataPattern } from '../metadata/metadata-pattern.js';

type Rule = DocumentOf<'Limits'>['spec']['rules'][number];

/** What is counted; money in billionths of its currency, `slots` by the calls under way. */
export type Measure = 'requests' | 'tokens' | 'cost' | 'slots';
/** What hangs on how long an answer gets. */
export type TokenMeasure = Extract<Measure, 'tokens' | 'cost'>;
export type Dimension = NonNullable<Rule['per']>[number];

/** A rule of a Limits document, as calls are held to it. */
export type LimitRule = {
  /** `Limits/<document>/<rule>`, as answers and records cite it. */
  readonly name: string;
  /** The tenant of its document: a tenant's rule and the platform's may have one name, and are two. */
  readonly holder: string;
  readonly measure: Measure;
  /** Undefined for slots, which begin anew with each call that ends. */
  readonly window: WindowUnit | undefined;
  /** At most so many in one run of the window: a whole number that a claim can hold. */
  readonly limit: number;
  readonly subjects: ReadonlySet<string> | undefined;
  readonly models: readonly Glob[] | undefined;
  readonly metadata: MetadataPattern | undefined;
  readonly per: readonly Dimension[];
  /** The Route that leads calls beyond it; undefined where they are refused. */
  readonly overflow: string | undefined;
  /** Else it is only said where it would have refused. */
  readonly isEnforced: boolean;
};

const compiled = new WeakMap<TenantSnapshot, readonly LimitRule[]>();

/** All rules, the platform's among them. Made once for a revision; without any, it costs one look. */
export function rulesInForce(snapshot: TenantSnapshot): readonly LimitRule[] {
  const known = compiled.get(snapshot);
  if (known) return known;
  // Of both sets: a tenant's document hides none of the platform's, whatever its name.
  const sets = [snapshot.compiled.platform, snapshot.compiled.own];
  const documents = sets.flatMap(({ byKind }) => [...(byKind.get('Limits')?.values() ?? [])]);
  const rules = (documents as DocumentOf<'Limits'>[]).flatMap(rulesOf);
  compiled.set(snapshot, rules);
  return rules;
}

const read = new WeakMap<readonly LimitRule[], readonly string[]>();

/** The keys of metadata by which these rules tell calls apart. */
export function metadataReadBy(rules: readonly LimitRule[]): readonly string[] {
  const known = read.get(rules);
  if (known) return known;
  const keys = rules.flatMap(({ metadata = [], per }) => {
    return [...metadata.map(([key]) => key), ...per.flatMap((dimension) => metadataKey(dimension) ?? [])];
  });
  const made = [...new Set(keys)];
  read.set(rules, made);
  return made;
}

const prefix = 'metadata.';

/** Of a dimension that is metadata. */
export function metadataKey(dimension: Dimension): string | undefined {
  return dimension.startsWith(prefix) ? dimension.slice(prefix.length) : undefined;
}

function rulesOf({ metadata, spec }: DocumentOf<'Limits'>): readonly LimitRule[] {
  return spec.rules.map((rule) => compileRule(rule, metadata));
}

function compileRule(rule: Rule, { name, tenant }: DocumentOf<'Limits'>['metadata']): LimitRule {
  const [counted, window] = rule.unit.split('_per_') as [Measure, WindowUnit?];
  const { subjects, models, metadata } = rule.when;
  return {
    name: `Limits/${name}/${rule.id}`,
    holder: tenant,
    measure: window === undefined ? 'slots' : counted,
    window,
    limit: typeof rule.limit === 'string' ? billionthsOf(rule.limit) : rule.limit,
    subjects: subjects && new Set(subjects.map(canonicalSubject)),
    models: models?.map((glob) => compileGlob(glob)),
    metadata: metadata && compilePattern(metadata),
    per: rule.per ?? [],
    overflow: typeof rule.onExceed === 'object' ? rule.onExceed.route : undefined,
    isEnforced: rule.mode !== 'observe',
  };
}
