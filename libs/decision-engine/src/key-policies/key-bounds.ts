import type { DocumentOf } from '#libs/policy-language';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';

/** What of a key its policy looks at. Labels are the owner's and the key's own: more of them only make more rules match. */
export type BoundKey = {
  readonly kind: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerLabels: Readonly<Record<string, string>>;
};

/** The strictest bound of its kind, in ms, and the rule that sets it, `key-policy/<name>/rules/<n>`. */
export type KeyBound = { readonly ms: number; readonly rule: string };

/** How old and how idle a key may get; what is undefined is not bounded. */
export type KeyBounds = {
  readonly maxAge: KeyBound | undefined;
  readonly idle: KeyBound | undefined;
  readonly rotationWarned: KeyBound | undefined;
  readonly rotationRefused: KeyBound | undefined;
  readonly stale: KeyBound | undefined;
  readonly unusedRevoked: KeyBound | undefined;
};

type Rule = DocumentOf<'KeyPolicy'>['spec']['rules'][number] & { readonly id: string };

const rulesOf = new WeakMap<TenantSnapshot, readonly Rule[]>();

/**
 * What the KeyPolicies in force, the tenant's and the platform's, say of a key. Of all rules that match, the strictest
 * wins, for each bound by itself. Undefined where no rule matches.
 */
export function keyBounds(snapshot: TenantSnapshot, key: BoundKey): KeyBounds | undefined {
  const matching = rulesIn(snapshot).filter((rule) => isAbout(rule, key));
  if (matching.length === 0) return undefined;
  const refusing = matching.filter(({ rotationOverdue }) => rotationOverdue === 'refuse');
  return Object.freeze({
    maxAge: strictest(matching, 'maxAgeSeconds'),
    idle: strictest(matching, 'idleExpirySeconds'),
    rotationWarned: strictest(matching, 'rotateEverySeconds'),
    rotationRefused: strictest(refusing, 'rotateEverySeconds'),
    stale: strictest(matching, 'staleAfterSeconds'),
    unusedRevoked: strictest(matching, 'revokeUnusedAfterSeconds'),
  });
}

/** Collected once for each snapshot: guards ask for every key, and a set may have very many other documents. */
function rulesIn(snapshot: TenantSnapshot): readonly Rule[] {
  const known = rulesOf.get(snapshot);
  if (known) return known;
  // Of both sets: a tenant's document hides none of the platform's, whatever its name.
  const sets = [snapshot.compiled.platform, snapshot.compiled.own];
  const documents = sets.flatMap(({ byKind }) => [...(byKind.get('KeyPolicy')?.values() ?? [])]);
  const rules = (documents as DocumentOf<'KeyPolicy'>[]).flatMap(({ metadata, spec }) =>
    spec.rules.map((rule, n) => ({ ...rule, id: `key-policy/${metadata.name}/rules/${n}` })),
  );
  rulesOf.set(snapshot, rules);
  return rules;
}

function isAbout({ when: { kinds, labels = {} } }: Rule, key: BoundKey): boolean {
  if (kinds && !kinds.some((kind) => kind === key.kind)) return false;
  return Object.entries(labels).every(
    ([name, value]) => carries(key.ownerLabels, name, value) || carries(key.labels, name, value),
  );
}

const carries = (labels: Readonly<Record<string, string>>, name: string, value: string) =>
  Object.hasOwn(labels, name) && labels[name] === value;

type Bound =
  | 'maxAgeSeconds'
  | 'idleExpirySeconds'
  | 'rotateEverySeconds'
  | 'staleAfterSeconds'
  | 'revokeUnusedAfterSeconds';

function strictest(rules: readonly Rule[], bound: Bound): KeyBound | undefined {
  let found: KeyBound | undefined;
  for (const { id, [bound]: seconds } of rules) {
    if (seconds !== undefined && (!found || seconds * 1_000 < found.ms)) found = { ms: seconds * 1_000, rule: id };
  }
  return found && Object.freeze(found);
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/**
 * How much a known last use may advance before every guard is told again, ms: a sixtieth of the bound, a minute at
 * least and a day at most. Guards wait so much longer before they call a key idle, so that none that is used is refused.
 */
export const idleStepMs = ({ ms }: KeyBound): number => Math.min(DAY_MS, Math.max(MINUTE_MS, ms / 60));
