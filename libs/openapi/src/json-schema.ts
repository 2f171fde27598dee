import { z } from 'zod';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Schemas with a name (`meta({id})`), as `components.schemas` holds them. */
export type Components = Map<string, JsonSchema>;

const LOCAL = '#/$defs/';
const SHARED = '#/components/schemas/';

/**
 * JSON Schema (2020-12) of a zod schema; named ones in it go to `components` and are referred to. `io` says from which
 * side a text is looked at: `input` before defaults and transforms, `output` after them.
 */
export function jsonSchemaIn(schema: z.ZodType, io: 'input' | 'output', components: Components): JsonSchema {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    target: 'draft-2020-12',
    // The pattern of a time or an address says at length what its format says.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
  const { $schema: _, $defs = {}, ...whole } = shared(made) as Record<string, unknown>;
  for (const [id, each] of Object.entries($defs as Record<string, JsonSchema>)) components.set(id, withoutId(each));
  const { id } = whole;
  if (typeof id !== 'string') return whole;
  components.set(id, withoutId(whole));
  return { $ref: SHARED + id };
}

const withoutId = ({ id: _, ...rest }: Readonly<Record<string, unknown>>): JsonSchema => rest;

/** The same with every reference into `$defs` turned to the document's components. */
function shared(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shared);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      key === '$ref' && typeof each === 'string' ? each.replace(LOCAL, SHARED) : shared(each),
    ]),
  );
}
