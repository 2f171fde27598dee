import { createHash } from 'node:crypto';

/** The same parts give the same id: what is found again is the same finding. 32 hex digits. */
export const findingId = (...parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
