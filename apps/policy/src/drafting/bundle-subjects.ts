import {
  subjectsOf,
  withSubjects,
  type Finding,
  type ParsedBundle,
  type PolicyDocument,
  type PolicyTest,
  type SourceFile,
} from '#libs/policy-language';
import { findPlace } from './find-place.js';

const byAddress = (subject: string) => subject.startsWith('user:') && subject.includes('@');

/** Every `user:<e-mail>` that a bundle names, each once. */
export function addressesIn({ sources }: ParsedBundle): readonly string[] {
  const named = sources.flatMap(({ document, test }) => [
    ...(document ? subjectsOf(document) : []),
    ...Object.values(test?.principals ?? {}).map(({ id }) => id),
  ]);
  return [...new Set(named.filter(byAddress))];
}

type Ids = Readonly<Record<string, string>>;
const idOf = (ids: Ids, subject: string) => (Object.hasOwn(ids, subject) ? ids[subject] : undefined);

/** A document with ids for addresses, so that no address is kept for ever; addresses that nobody has are findings. */
export function withIds(
  document: PolicyDocument,
  ids: Ids,
  files: readonly SourceFile[],
): { document: PolicyDocument; unknown: readonly Finding[] } {
  const unknown: Finding[] = [];
  const id = `${document.kind}/${document.metadata.name}`;
  const named = withSubjects(document, (subject) => {
    if (!byAddress(subject)) return subject;
    const known = idOf(ids, subject);
    if (known === undefined) unknown.push(unknownSubject(subject, { ...findPlace(files, subject), document: id }));
    return known ?? subject;
  });
  return { document: named, unknown };
}

/** A test of somebody who is there is about them. An address of which nobody is known stays: tests may make people up. */
export function testWithIds(test: PolicyTest, ids: Ids): PolicyTest {
  const entries = Object.entries(test.principals ?? {}).map(
    ([name, principal]) => [name, { ...principal, id: idOf(ids, principal.id) ?? principal.id }] as const,
  );
  return { ...test, principals: Object.fromEntries(entries) };
}

function unknownSubject(subject: string, place: Pick<Finding, 'file' | 'line' | 'column' | 'document'>): Finding {
  const message = `Nobody of this tenant has the address in "${subject}".`;
  const suggestion = 'Register the user first, or name them by id.';
  return { severity: 'error', rule: 'unknown-subject', pointer: '', message, suggestion, ...place };
}
