import type { DocumentOf } from '#libs/policy-language';
import type { Metadata } from './pairs.js';

/** Which calls a rule is about, by their metadata. */
export type MetadataPattern = readonly (readonly [key: string, values: ReadonlySet<string> | undefined])[];

type When = NonNullable<DocumentOf<'Limits'>['spec']['rules'][number]['when']['metadata']>;

/** `*` is any value, and not none. */
export function compilePattern(when: When): MetadataPattern {
  return Object.entries(when).map(([key, values]) => [key, values === '*' ? undefined : new Set(values)] as const);
}

export function isMatch(pattern: MetadataPattern, metadata: Metadata): boolean {
  return pattern.every(([key, values]) => {
    const value = metadata[key];
    return value !== undefined && (!values || values.has(value));
  });
}
