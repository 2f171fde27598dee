import type { Authenticated } from '#libs/access';
import type { CatalogueModel, TenantSnapshot } from '#libs/decision-engine';
import { Windows } from '#libs/limits';
import { concerns } from '../metadata/concerns.js';
import { labelsOf } from '../metadata/labelled-metadata.js';
import type { Metadata } from '../metadata/pairs.js';
import type { Counter } from './counter.js';
import { counterWindow, NEVER_MS, type CounterWindow } from './counter-window.js';
import { metadataKey, metadataReadBy, rulesInForce, type Dimension, type LimitRule } from './rules-in-force.js';

/** What a call is, as far as limits tell calls apart. */
export type Metered = {
  readonly snapshot: TenantSnapshot;
  readonly caller: Authenticated;
  /** The one that is really called. */
  readonly model: CatalogueModel;
  readonly metadata: Metadata;
};

/** One counter of a rule that holds a caller's calls of one model, through all runs of its window. */
export type Meter = {
  readonly rule: LimitRule;
  readonly tenantId: string;
  /** Whose it is. */
  readonly per: Readonly<Record<string, string>>;
  /** The run that was asked for last. */
  counter: Counter | undefined;
};

/** Kept for each caller; with more models, and metadata that rules look at, than that, the oldest make room. */
const callsMax = 64;
type Known = { readonly snapshot: TenantSnapshot; readonly byCall: Map<string, readonly Meter[]> };
const known = new WeakMap<Authenticated, Known>();
const none: readonly Meter[] = Object.freeze([]);
const windows = new Windows();
const always = { startMs: 0, endMs: NEVER_MS };

/** Every rule that matches counts, also in observing. Found once for a caller, a model, what rules look at of metadata, and a revision. */
export function metersOf(metered: Metered): readonly Meter[] {
  const { snapshot, caller } = metered;
  const rules = rulesInForce(snapshot);
  if (rules.length === 0) return none;
  let held = known.get(caller);
  if (held?.snapshot !== snapshot) known.set(caller, (held = { snapshot, byCall: new Map() }));
  const call = nameOf(metered, metadataReadBy(rules));
  const found = held.byCall.get(call);
  if (found) return found;
  const made = rules.filter((rule) => isAbout(rule, metered)).flatMap((rule) => metersOfRule(rule, metered));
  const [oldest] = held.byCall.keys();
  if (oldest !== undefined && held.byCall.size >= callsMax) held.byCall.delete(oldest);
  held.byCall.set(call, made);
  return made;
}

/** The same for calls that no rule tells apart. */
function nameOf({ model, metadata }: Metered, keys: readonly string[]): string {
  return keys.length === 0 ? model.name : JSON.stringify([model.name, ...keys.map((key) => metadata[key])]);
}

/** The counter of the run that holds `atMs`; undefined where there are too many. */
export function counterAt(
  meter: Meter,
  usage: { counter(window: CounterWindow): Counter | undefined },
  atMs: number,
  timeZone: string,
): Counter | undefined {
  const { rule, tenantId, per } = meter;
  const run = rule.window === undefined ? always : windows.at(rule.window, atMs, timeZone);
  const current = meter.counter?.window;
  if (current?.startMs !== run.startMs || current.endMs !== run.endMs || meter.counter?.isForgotten) {
    const about = {
      tenantId,
      holder: rule.holder,
      rule: rule.name,
      unit: rule.window === undefined ? rule.measure : `${rule.measure}_per_${rule.window}`,
      per,
    };
    meter.counter = usage.counter(counterWindow({ ...about, startMs: run.startMs, endMs: run.endMs }));
    meter.counter?.setLimit(rule.limit);
  }
  return meter.counter;
}

function isAbout(rule: LimitRule, { caller: { principal }, model, metadata }: Metered): boolean {
  const { models, measure } = rule;
  if (models && !models.some((glob) => glob.matches(model.name))) return false;
  // What has no price can use up no budget, and is stopped by none.
  if (measure === 'cost' && !model.cost) return false;
  return concerns(rule, { principal, metadata });
}

/** One for each combination of what the rule tells apart; of somebody in several teams, each of the teams counts. */
function metersOfRule(rule: LimitRule, metered: Metered): Meter[] {
  const { currency } = metered.model.cost ?? {};
  // Amounts of two currencies are not added to each other.
  const first: Record<string, string> = rule.measure === 'cost' && currency !== undefined ? { currency } : {};
  let combinations = [first];
  for (const dimension of rule.per) {
    const values = valuesOf(dimension, metered);
    combinations = combinations.flatMap((per) => values.map((value) => ({ ...per, [dimension]: value })));
  }
  return combinations.map((per) => ({ rule, tenantId: metered.caller.tenantId, per, counter: undefined }));
}

/** Those who lack one share the counter of all who do: nobody gets out of a limit by being in no team. */
function valuesOf(dimension: Dimension, metered: Metered): readonly string[] {
  const { caller, model } = metered;
  const { principal, principalId, keyId, tenantId } = caller;
  switch (dimension) {
    case 'tenant':
      return [tenantId];
    case 'principal':
      return [principalId];
    case 'user':
    case 'virtual-account':
      return [principal.kind === dimension ? principalId : ''];
    case 'team':
      return principal.teams.length > 0 ? principal.teams : [''];
    case 'key':
      return [keyId];
    case 'model':
      return [model.name];
    case 'account':
      return [model.account];
    default:
      return [givenMetadata(metadataKey(dimension) ?? '', metered)];
  }
}

/** What the caller alone says is as good as nothing: it could begin a counter of its own with every call. */
function givenMetadata(key: string, { caller, metadata, snapshot }: Metered): string {
  const listed = snapshot.settings?.requiredMetadata?.[key];
  const isGiven =
    labelsOf(caller)[key] !== undefined || (Array.isArray(listed) && listed.includes(metadata[key] ?? ''));
  return isGiven ? (metadata[key] ?? '') : '';
}
