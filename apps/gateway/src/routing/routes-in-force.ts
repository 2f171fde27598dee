import { canonicalSubject, type TenantSnapshot } from '#libs/decision-engine';
import type { DocumentOf } from '#libs/policy-language';
import { concerns, type Concerned } from '../metadata/concerns.js';
import { compilePattern, type MetadataPattern } from '../metadata/metadata-pattern.js';
import type { FallbackOn } from './fallback-cause.js';

type Spec = DocumentOf<'Route'>['spec'];

/** One of the models that a route leads to. */
export type RouteTarget = {
  readonly model: string;
  readonly priority: number;
  readonly weight: number;
  /** After which failures a call goes on to the next target; never where empty. */
  readonly fallbackOn: FallbackOn;
  /** From the attempt's start to the first byte of content, and to its last; unbounded here where left out. */
  readonly firstTokenTimeoutMs?: number | undefined;
  readonly attemptTimeoutMs?: number | undefined;
};

/** A Route as calls are led by it. */
export type CompiledRoute = {
  readonly name: string;
  /** `Route/<name>`, as answers and records cite it. */
  readonly rule: string;
  /** What callers ask for. */
  readonly model: string;
  /** Whom it concerns; undefined for all. */
  readonly subjects: ReadonlySet<string> | undefined;
  readonly metadata: MetadataPattern | undefined;
  readonly strategy: Spec['strategy'];
  /** By priority, those of one priority as they were written. */
  readonly targets: readonly RouteTarget[];
  readonly onDenied: NonNullable<Spec['onDenied']>;
  readonly sticky: Spec['sticky'];
};

const compiled = new WeakMap<TenantSnapshot, ReadonlyMap<string, readonly CompiledRoute[]>>();
const none: readonly CompiledRoute[] = Object.freeze([]);

/** Whether the caller may use the route of that name: it holds `route:read` on it. */
export type MayUseRoute = (name: string) => boolean;

/**
 * The route that leads this caller on from what it asked for, or undefined where none concerns it. One that stands in
 * front of a real model leads whoever asks for that model; a name of a route's own is only for who may use the route.
 */
export function routeFor(
  snapshot: TenantSnapshot,
  model: string,
  concerned: Concerned,
  mayUse: MayUseRoute,
): CompiledRoute | undefined {
  const routes = routesOf(snapshot).get(model) ?? none;
  if (routes.length === 0) return undefined;
  const isModel = snapshot.model(model) !== undefined;
  return routes.find((route) => concerns(route, concerned) && (isModel || mayUse(route.name)));
}

/** The route of that name, where it concerns this caller; whatever it stands in front of. */
export function routeNamed(snapshot: TenantSnapshot, name: string, concerned: Concerned): CompiledRoute | undefined {
  const route = [...routesOf(snapshot).values()].flat().find((each) => each.name === name);
  return route && concerns(route, concerned) ? route : undefined;
}

/** Made once for a revision. Of a name's routes those for some calls come before those for all, then by name. */
function routesOf(snapshot: TenantSnapshot): ReadonlyMap<string, readonly CompiledRoute[]> {
  const known = compiled.get(snapshot);
  if (known) return known;
  const routes = snapshot.documentsOf('Route').map(compileRoute);
  const ordered = routes.toSorted((a, b) => Number(isForAll(a)) - Number(isForAll(b)));
  const made = Map.groupBy(ordered, ({ model }) => model);
  compiled.set(snapshot, made);
  return made;
}

const isForAll = ({ subjects, metadata }: CompiledRoute) => !subjects && !metadata;

function compileRoute({ metadata, spec }: DocumentOf<'Route'>): CompiledRoute {
  const { subjects, metadata: pattern } = spec.when ?? {};
  const targets = spec.targets.toSorted((a, b) => (a.priority ?? 0) - (b.priority ?? 0));
  return {
    name: metadata.name,
    rule: `Route/${metadata.name}`,
    model: spec.model,
    subjects: subjects && new Set(subjects.map(canonicalSubject)),
    metadata: pattern && compilePattern(pattern),
    strategy: spec.strategy,
    targets: targets.map(({ priority = 0, weight = 1, fallbackOn = [], ...target }) => {
      return { ...target, priority, weight, fallbackOn };
    }),
    onDenied: spec.onDenied ?? 'refuse',
    sticky: spec.sticky,
  };
}
