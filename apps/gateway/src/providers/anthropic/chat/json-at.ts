import { Untranslatable } from '../../untranslatable.js';

export type Json = Readonly<Record<string, unknown>>;

/** Null is as good as missing, as OpenAI has it. */
export const isGiven = (value: unknown): boolean => value !== undefined && value !== null;

export function recordAt(value: unknown, param: string): Json {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new Untranslatable(param, 'it must be an object');
  }
  return value as Json;
}

export function listAt(value: unknown, param: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Untranslatable(param, 'it must be a list');
  return value;
}

export function textAt(value: unknown, param: string): string {
  if (typeof value !== 'string') throw new Untranslatable(param, 'it must be a text');
  return value;
}

/** Refuses every given field that is not among `known`: what is dropped in silence was meant by somebody. */
export function refuseOthers(value: Json, known: ReadonlySet<string>, at: string): void {
  for (const [field, given] of Object.entries(value)) {
    if (isGiven(given) && !known.has(field)) throw new Untranslatable(`${at}${field}`, 'it has no counterpart there');
  }
}
