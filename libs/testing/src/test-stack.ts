import { inject } from 'vitest';

/** Where the real PostgreSQL, Kafka and ClickHouse of this test run listen. */
export type TestStack = {
  /** A superuser's URL, of the maintenance database: specs make their own with `freshDatabase`. */
  readonly postgres: { readonly url: string };
  readonly kafka: { readonly brokers: string[] };
  /** The HTTP interface, without credentials. */
  readonly clickhouse: { readonly url: string };
};

declare module 'vitest' {
  export interface ProvidedContext {
    testStack: TestStack;
  }
}

/**
 * The stack that this test run was given: started once for the `integration` project, or the running one that
 * `GATEHOUSE_TEST_STACK` names. Throws in a project that has none (`unit`).
 */
export function testStack(): TestStack {
  const stack = inject('testStack');
  if (!stack)
    throw new Error('No test stack here: name the file *.int.spec.ts and run it in the project `integration`.');
  return stack;
}
