import type { DecisionReason } from '#libs/contracts';
import { idleStepMs, type KeyBound, type KeyBounds } from '#libs/decision-engine';
import type { Credential } from '../identity/credential-reader.js';

/** What a key's policy says of it now; `rule` is the one that decides. */
export type KeyAgeFault = { readonly reason: DecisionReason; readonly rule: string };

/** A key's text, counted from its issue or last rotation, and its last use; ms since 1970, 0 for never used. */
export type KeyAge = { readonly bornMs: number; readonly usedMs: number };

/** When the present text of a key was made, ms since 1970. */
export function bornMsOf({ issuedAtMs, rare }: Pick<Credential, 'issuedAtMs' | 'rare'>): number {
  return rare?.rotatedAt == null ? issuedAtMs : Date.parse(rare.rotatedAt);
}

const over = (bound: KeyBound | undefined, sinceMs: number, nowMs: number): bound is KeyBound =>
  bound !== undefined && !(nowMs < sinceMs + bound.ms);

/** Why a key that is otherwise good is refused by its policy. */
export function faultOfAge(bounds: KeyBounds, { bornMs, usedMs }: KeyAge, nowMs: number): KeyAgeFault | undefined {
  const { maxAge, idle, rotationRefused } = bounds;
  if (over(maxAge, bornMs, nowMs)) return { reason: 'key_expired', rule: maxAge.rule };
  if (over(rotationRefused, bornMs, nowMs)) return { reason: 'rotation_overdue', rule: rotationRefused.rule };
  // A use elsewhere may not be known here yet, so an idle key goes on for as long as that can take.
  if (idle && over(idle, Math.max(bornMs, usedMs) + idleStepMs(idle), nowMs)) {
    return { reason: 'key_idle_expired', rule: idle.rule };
  }
  return undefined;
}

/** The rule by which a key should have been rotated by now. */
export function overdueRule({ rotationWarned }: KeyBounds, bornMs: number, nowMs: number): string | undefined {
  return over(rotationWarned, bornMs, nowMs) ? rotationWarned.rule : undefined;
}
