import { z } from 'zod';
import type { Mistake } from '../lint/lint-context.js';
import { didYouMean } from '../matching/nearest.js';
import type { Path } from './source-map.js';

/** What a schema found wrong, each with a sentence and, where something known is near, a suggestion. */
export function schemaMistakes(schema: z.ZodType, value: unknown, error: z.ZodError): Mistake[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => unknownKey(key, path, schema));
      case 'invalid_value':
        return [notAmong(issue.values.map(String), valueAt(value, path), path)];
      case 'invalid_type':
        if (valueAt(value, path) === undefined) return [missing(path)];
        return [{ path, rule: 'schema', message: issue.message }];
      case 'invalid_key':
        return [{ path, at: 'key', rule: 'schema', message: issue.issues[0]?.message ?? issue.message }];
      default:
        return [{ path, rule: 'schema', message: issue.message }];
    }
  });
}

function unknownKey(key: string, path: Path, schema: z.ZodType): Mistake {
  const known = keysAt(schema, path);
  const isOperator = known.includes('notIn') && known.includes('attr');
  return {
    path: [...path, key],
    at: 'key',
    rule: isOperator ? 'unknown-operator' : 'unknown-field',
    message: isOperator ? `There is no operator "${key}".` : `There is no field "${key}" here.`,
    suggestion: didYouMean(key, known) ?? (known.length > 0 ? `Known here: ${known.join(', ')}.` : undefined),
  };
}

function notAmong(values: readonly string[], given: unknown, path: Path): Mistake {
  if (given === undefined) return missing(path);
  const message = `Expected ${values.length === 1 ? `"${values[0]}"` : `one of ${values.join(', ')}`}.`;
  const suggestion = typeof given === 'string' ? didYouMean(given, values) : undefined;
  return { path, rule: 'schema', message, suggestion };
}

function missing(path: Path): Mistake {
  const field = String(path.at(-1) ?? 'document');
  return { path, rule: field === 'id' ? 'missing-id' : 'missing-field', message: `The field "${field}" is missing.` };
}

function valueAt(value: unknown, path: Path): unknown {
  let held = value;
  for (const step of path) {
    if (typeof held !== 'object' || held === null) return undefined;
    held = (held as Record<string | number, unknown>)[step];
  }
  return held;
}

/** The fields that a schema takes at `path`; none where it takes any. */
function keysAt(schema: z.ZodType, path: Path): string[] {
  const [step, ...rest] = path;
  const bare = unwrap(schema);
  if (bare instanceof z.ZodUnion) {
    return (bare.options as z.ZodType[]).flatMap((option) => keysAt(option, path));
  }
  if (step === undefined) return bare instanceof z.ZodObject ? Object.keys(bare.shape) : [];
  if (bare instanceof z.ZodObject) {
    const child = (bare.shape as Record<string, z.ZodType>)[String(step)];
    return child ? keysAt(child, rest) : [];
  }
  if (bare instanceof z.ZodArray) return keysAt(bare.element as z.ZodType, rest);
  return bare instanceof z.ZodRecord ? keysAt(bare.valueType as z.ZodType, rest) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ? unwrap(schema.unwrap() as z.ZodType) : schema;
}
