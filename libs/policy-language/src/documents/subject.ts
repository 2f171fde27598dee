import { didYouMean } from '../matching/nearest.js';
import { subjectKinds, type SubjectKind } from '../vocabulary/closed-lists.js';

/** Whom a binding, grant or boundary means. `name` is `*` where every principal of the kind is meant. */
export type Subject = { readonly kind: SubjectKind; readonly name: string } | { readonly kind: 'everyone' | 'any' };

/** Why a text names no subject. */
export type SubjectMistake = { readonly message: string; readonly suggestion?: string };

const NAME = /^[^\s:]{1,254}$/;

/**
 * Reads `team:research`, `everyone` (all users), and, where `patterns` are taken, also `*` (every principal) and
 * `user:*`, `virtual-account:*`.
 */
export function readSubject(text: string, patterns: 'patterns' | 'names' = 'names'): Subject | SubjectMistake {
  if (text === 'everyone') return { kind: 'everyone' };
  if (text === '*' && patterns === 'patterns') return { kind: 'any' };
  const colon = text.indexOf(':');
  const kind = subjectKinds.find((known) => known === text.slice(0, colon));
  const name = text.slice(colon + 1);
  if (colon < 0 || !kind) return unknownKind(text, colon < 0 ? text : text.slice(0, colon));
  if (!NAME.test(name)) return { message: `"${text}" does not name a ${kind}.` };
  if (name.includes('*') && !(name === '*' && patterns === 'patterns' && takesAll(kind))) {
    return {
      message: `"${text}": patterns of subjects are not taken here.`,
      suggestion: 'Write "everyone" for all users.',
    };
  }
  return { kind, name };
}

/** Narrows the answer of `readSubject`. */
export const isSubject = (read: Subject | SubjectMistake): read is Subject => 'kind' in read;

const takesAll = (kind: SubjectKind) => kind === 'user' || kind === 'virtual-account';

function unknownKind(text: string, kind: string): SubjectMistake {
  const message = `"${text}" is no subject: ${subjectKinds.map((known) => `${known}:<name>`).join(', ')} or everyone.`;
  const suggestion = didYouMean(kind, [...subjectKinds, 'everyone']);
  return suggestion ? { message, suggestion } : { message };
}
