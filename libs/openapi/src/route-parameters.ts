import type { Route } from '#libs/access';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import type { z } from 'zod';

/** Nest's numbers of what a parameter decorator stands for (`RouteParamtypes`). */
const BODY = 3;
const QUERY = 4;
const PARAM = 5;

type Argument = { readonly data?: unknown; readonly schema?: z.ZodType };

/** What a handler's parameter decorators say: `@Body({schema})`, `@Query({schema})`, `@Param('id', {schema})`. */
export type RouteParameters = {
  /** It takes a body, whether or not it declares which. */
  readonly hasBody: boolean;
  readonly body: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly path: ReadonlyMap<string, z.ZodType | undefined>;
};

export function parametersOf({ type, handler }: Pick<Route, 'type' | 'handler'>): RouteParameters {
  const found = Reflect.getMetadata(ROUTE_ARGS_METADATA, type, handler) as Record<string, Argument> | undefined;
  const named = Object.entries(found ?? {});
  const of = (kind: number) => named.filter(([key]) => key.startsWith(`${kind}:`)).map(([, argument]) => argument);
  const params = of(PARAM).flatMap(({ data, schema }) => (typeof data === 'string' ? [[data, schema] as const] : []));
  return {
    hasBody: of(BODY).length > 0,
    body: of(BODY).find(({ schema }) => schema)?.schema,
    query: of(QUERY).find(({ schema }) => schema)?.schema,
    path: new Map(params),
  };
}
