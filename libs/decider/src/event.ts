import type { z } from 'zod';

/** What PostgreSQL and Kafka carry; `version` names the schema that `data` was written with. */
export type StoredEvent = { readonly type: string; readonly version: number; readonly data: unknown };
type Upcaster = (older: never) => unknown;

/** One declared event type, as a value: its name, its schema, how to make one and how to read any version of it. */
export type EventDefinition<Type extends string = string, Schema extends z.ZodType = z.ZodType> = ReturnType<
  typeof defineEvent<Type, Schema>
>;

/**
 * Declares one event type: its current schema and one upcaster per retired version, oldest first.
 * `read` throws a RangeError on a version that this code does not know, and zod's error on data that does not fit.
 */
export function defineEvent<const Type extends string, Schema extends z.ZodType>(
  type: Type,
  schema: Schema,
  upcasters: readonly Upcaster[] = [],
) {
  const version = upcasters.length + 1;
  const of = (data: z.output<Schema>) => ({ type, version, data }) as const;
  return {
    type,
    version,
    schema,
    of,
    /** Lifts a stored event of any known version to the current shape; an unknown one is a defect. */
    read: ({ version: written, data }: StoredEvent) => {
      if (!(written >= 1 && written <= version)) throw new RangeError(`${type} v${written} is unknown here`);
      return of(schema.parse(upcasters.slice(written - 1).reduce<unknown>((d, up) => up(d as never), data)));
    },
  };
}
