import type { Principal } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { canonicalSubject, subjectsMeaning } from '../subjects/subject-index.js';

/** Somebody invariants are checked for. `isKnown`: their teams and labels are all there is to know. */
export type Person = { readonly who: string; readonly principal: Principal; readonly isKnown: boolean };

/**
 * Everybody given, and besides them each user and virtual account that documents name, one user of each team and group
 * that they name, and one user like any other. Who is in which team is identity's to say, not a bundle's.
 */
export function peopleOf(snapshots: readonly TenantSnapshot[], given: readonly Principal[]): readonly Person[] {
  const people = new Map<string, Person>();
  for (const principal of given) {
    if (principal.operator === true) continue;
    const who = `${principal.kind}:${principal.name ?? principal.id}`;
    people.set(JSON.stringify(principal), { who, principal, isKnown: true });
  }
  const named = new Set(given.flatMap(({ kind, id, name }) => [`${kind}:${id}`, `${kind}:${name ?? id}`]));
  for (const { compiled, tenant } of snapshots) {
    for (const index of [compiled.grants, compiled.boundaries]) {
      for (const [subject] of index.entries()) {
        const person = named.has(subject) ? undefined : standIn(subject, tenant);
        if (person) people.set(person.who, person);
      }
    }
  }
  return [...people.values()];
}

function standIn(subject: string, tenant: string): Person | undefined {
  const colon = subject.indexOf(':');
  const [kind, name] = [subject.slice(0, colon), subject.slice(colon + 1)];
  const nobody = { tenant, teams: [], groups: [], labels: {} };
  const user = { ...nobody, id: '', kind: 'user' } as const;
  if (subject === 'everyone') return { who: 'any user', principal: user, isKnown: false };
  if (kind === 'team') return { who: `a user of ${subject}`, principal: { ...user, teams: [name] }, isKnown: false };
  if (kind === 'idp-group') {
    return { who: `a user of ${subject}`, principal: { ...user, groups: [name] }, isKnown: false };
  }
  if ((kind !== 'user' && kind !== 'virtual-account') || name === '*') return undefined;
  return { who: subject, principal: { ...nobody, id: name, kind }, isKnown: false };
}

/** Those of the people whom one of the subjects means; patterns such as `virtual-account:*` are taken. */
export function meantBy(subjects: readonly string[], people: readonly Person[]): readonly Person[] {
  const meant = new Set(subjects.map(canonicalSubject));
  return people.filter(({ principal }) => [...subjectsMeaning(principal)].some((subject) => meant.has(subject)));
}
