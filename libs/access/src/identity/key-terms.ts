import type { CredentialRecord } from '#libs/contracts';
import type { CompiledRestrictions } from '#libs/decision-engine';

/** What many keys have in common: held once, compiled once. */
export type KeyTerms = {
  readonly restrictions: CredentialRecord['restrictions'];
  readonly labels: CredentialRecord['labels'];
  readonly compiled: CompiledRestrictions | undefined;
};
/** What few keys have. */
export type RareTerms = {
  readonly notBeforeMs: number | null;
  readonly rotatedAt: string | null;
  /** The secret of before a rotation; `untilMs` ends its overlap. */
  readonly former: FormerSecret | null;
  readonly rotationFailing?: CredentialRecord['rotationFailing'];
};
export type FormerSecret = {
  readonly mac: string;
  readonly pepperVersion: number;
  readonly untilMs: number;
  /** SHA-256 (Latin-1) of a text that was proved to be this secret; never leaves the thread. */
  proven?: string;
};
