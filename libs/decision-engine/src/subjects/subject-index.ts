import { isSubject, readSubject } from '#libs/policy-language';
import type { PersistentMap } from '../persistent/persistent-map.js';
import type { Principal } from '../request.js';

/** The subjects under which every principal, and every user or virtual account, is meant. */
const EVERYBODY = '*';
const ALL_USERS = 'everyone';
const ALL_VIRTUAL_ACCOUNTS = 'virtual-account:*';

/** One text for each subject: `user:*` is `everyone`. Throws a TypeError for what is no subject. */
export function canonicalSubject(text: string): string {
  const subject = readSubject(text, 'patterns');
  if (!isSubject(subject)) throw new TypeError(subject.message);
  if (!('name' in subject)) return subject.kind === 'any' ? EVERYBODY : ALL_USERS;
  return subject.kind === 'user' && subject.name === '*' ? ALL_USERS : `${subject.kind}:${subject.name}`;
}

/** The subjects that mean a principal, each once. */
export function subjectsMeaning({ kind, id, name, teams, groups }: Principal): ReadonlySet<string> {
  const subjects = new Set([EVERYBODY]);
  if (kind === 'user') subjects.add(ALL_USERS).add(`user:${id}`);
  else
    subjects
      .add(ALL_VIRTUAL_ACCOUNTS)
      .add(`virtual-account:${id}`)
      .add(`virtual-account:${name ?? id}`);
  for (const team of teams) subjects.add(`team:${team}`);
  for (const group of groups) subjects.add(`idp-group:${group}`);
  return subjects;
}

/** What one set holds for each subject. */
export type HeldBySubject<Held> = PersistentMap<Held>;

/** What is held for subjects by the platform's set and by a tenant's own. */
export class SubjectIndex<Held> {
  constructor(private readonly sets: readonly HeldBySubject<Held>[]) {}

  /** Calls `visit` with everything held for a principal. */
  visit(principal: Principal, visit: (held: Held) => void): void {
    for (const subject of subjectsMeaning(principal)) this.visitSubject(subject, visit);
  }

  /** What is held for every principal there is. */
  forAll(): readonly Held[] {
    const found: Held[] = [];
    this.visitSubject(EVERYBODY, (held) => found.push(held));
    return found;
  }

  /** Everything that is held, for whoever looks at all subjects; one that both sets name comes twice. */
  *entries(): Generator<readonly [subject: string, held: Held]> {
    for (const set of this.sets) yield* set.entries();
  }

  private visitSubject(subject: string, visit: (held: Held) => void): void {
    for (const set of this.sets) {
      const held = set.get(subject);
      if (held !== undefined) visit(held);
    }
  }
}
