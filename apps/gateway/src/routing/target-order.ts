import type { CompiledRoute, RouteTarget } from './routes-in-force.js';

/** What an order rests on. `random` answers from 0 to below 1, as Math.random does. */
export type OrderGround = {
  readonly random: () => number;
  /** Whom a sticky route keeps to its target; undefined where the route is none. */
  readonly holder: string | undefined;
  readonly nowMs: number;
  /** Mean time to the first byte, ms; undefined where nothing was measured of late. */
  readonly firstByteMs: (model: string) => number | undefined;
};

/** How many calls go to a target that was not measured of late, so that it is. */
const exploredShare = 0.1;

/** A route's targets as one call has them. */
export function targetOrder(route: CompiledRoute, ground: OrderGround): readonly RouteTarget[] {
  switch (route.strategy) {
    case 'priority':
      return ground.holder === undefined ? route.targets : drawn(route, ground, ({ priority }) => priority);
    case 'weight':
      return drawn(route, ground, () => 0);
    case 'latency':
      return byLatency(route, ground);
  }
}

/**
 * Weighted without putting back after Efraimidis and Spirakis (2006), inside each rank: a target is first as often as its
 * share of the weights says. Sticky draws are a hash of holder, target and period (rendezvous hashing): all replicas draw
 * alike, and a target that is taken away moves only its own.
 */
function drawn(
  { targets, rule, sticky }: CompiledRoute,
  { random, holder, nowMs }: OrderGround,
  rankOf: (target: RouteTarget) => number,
): readonly RouteTarget[] {
  const draw = (target: RouteTarget, place: number) => {
    if (holder === undefined || !sticky) return random();
    // Each holder's periods begin at a time of its own, so that not all move at once.
    const periodMs = sticky.ttlSeconds * 1_000;
    const period = Math.floor(nowMs / periodMs + unitHash(`${rule}\n${holder}`));
    return unitHash(`${rule}\n${holder}\n${target.model}\n${place}\n${period}`);
  };
  const keyed = targets.map((target, n) => ({ target, key: -Math.log(1 - draw(target, n)) / target.weight }));
  return keyed.toSorted((a, b) => rankOf(a.target) - rankOf(b.target) || a.key - b.key).map(({ target }) => target);
}

/** The fastest first; what is not known comes last, or first for a share of the calls. */
function byLatency({ targets }: CompiledRoute, { random, firstByteMs }: OrderGround): readonly RouteTarget[] {
  const timed = targets.map((target) => ({ target, ms: firstByteMs(target.model) }));
  const known = timed.filter(({ ms }) => ms !== undefined).toSorted((a, b) => (a.ms ?? 0) - (b.ms ?? 0));
  const unknown = timed.filter(({ ms }) => ms === undefined);
  const explores = unknown.length > 0 && (known.length === 0 || random() < exploredShare);
  return (explores ? [...unknown, ...known] : [...known, ...unknown]).map(({ target }) => target);
}

/** FNV-1a of 32 bits, then the finaliser of MurmurHash3, from 0 to below 1: even, and no secret is in it. */
function unitHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
