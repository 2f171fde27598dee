import type { IdentityView } from '#libs/access';
import type { Finding, PolicyDocument, PolicyTest, SourceFile } from '#libs/policy-language';
import { findPlace } from '../apply/find-place.js';
import { unknownSubject, type SubjectNames } from '../apply/subject-names.js';

type Bundle = { readonly documents: readonly PolicyDocument[]; readonly tests: readonly PolicyTest[] };

/**
 * A bundle as it would be in force, with ids for addresses, in its tests too: a test of somebody who is there is about
 * them. An address in a test of which nobody is known stays: tests may make people up.
 */
export function namedSubjects(
  subjects: Pick<SubjectNames, 'toIds'>,
  identity: Pick<IdentityView, 'principalByEmail'>,
  { documents, tests }: Bundle,
  files: readonly SourceFile[],
): Bundle & { readonly unknown: readonly Finding[] } {
  const unknown: Finding[] = [];
  const named = documents.map((document) => {
    const read = subjects.toIds(document);
    const id = `${document.kind}/${document.metadata.name}`;
    for (const subject of read.unknown) {
      unknown.push(unknownSubject(subject, { ...findPlace(files, subject), document: id }));
    }
    return read.document;
  });
  return { documents: named, tests: tests.map((test) => withIds(test, identity)), unknown };
}

function withIds(test: PolicyTest, identity: Pick<IdentityView, 'principalByEmail'>): PolicyTest {
  const { principals = {}, metadata } = test;
  const entries = Object.entries(principals).map(([name, principal]) => {
    if (!principal.id.startsWith('user:') || !principal.id.includes('@')) return [name, principal] as const;
    const user = identity.principalByEmail(metadata.tenant, principal.id.slice('user:'.length).toLowerCase());
    return [name, user ? { ...principal, id: `user:${user.id}` } : principal] as const;
  });
  return { ...test, principals: Object.fromEntries(entries) };
}
