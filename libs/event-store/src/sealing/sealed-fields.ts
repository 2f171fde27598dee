import type { SealedText } from '#libs/decider';

const DEPTH_MAX = 32;

/** Every sealed field inside `values`, at any depth: an object of exactly `subjectId` and `box`. */
export function sealedFieldsOf(values: readonly unknown[]): readonly SealedText[] {
  const found: SealedText[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > DEPTH_MAX) return;
    if (isSealed(value)) found.push(value);
    else for (const inner of Object.values(value)) visit(inner, depth + 1);
  };
  for (const value of values) visit(value, 0);
  return found;
}

function isSealed(value: object): value is SealedText {
  const { subjectId, box } = value as Partial<SealedText>;
  return typeof subjectId === 'string' && typeof box === 'string' && Object.keys(value).length === 2;
}
