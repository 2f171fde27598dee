import type { Authenticated } from '#libs/access';
import type { CompiledRoute } from './routes-in-force.js';

/** Whom a sticky route keeps to its target, by what it says: as one text, in which no two holders are alike. */
export function holderOf({ by }: NonNullable<CompiledRoute['sticky']>, caller: Authenticated): string {
  const parts = { principal: caller.principalId, key: caller.keyId, team: [...caller.principal.teams].toSorted() };
  return JSON.stringify(by.map((part) => parts[part]));
}
