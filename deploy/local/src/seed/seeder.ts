/** What seeding has done and must be able to show again: the part of local.json that no later start can find out. */
export type SeedMemory = {
  /** Names of the demo parts that are in; each is put in once for each home. */
  readonly done: readonly string[];
  readonly operator: { readonly api_key: string };
  readonly tenants: Readonly<Record<string, SeededTenant>>;
};
export type SeededTenant = { readonly admin_key: string; readonly keys: Readonly<Record<string, string>> };

export type SeedContext = {
  readonly gateway: string;
  readonly identity: string;
  readonly policy: string;
  readonly audit: string;
  readonly sandboxProvider: string;
  /** Makes the operator and answers its key; replaces the key of one that an interrupted start has made. */
  readonly bootstrapOperator: () => Promise<string>;
  readonly memory: SeedMemory;
  /** Keeps the memory on disk at once. A secret is shown only once, so call it after each. */
  remember(memory: SeedMemory): void;
  say(line: string): void;
};

/** Called at each start when all parts are ready; answers what local.json is to show. */
export type Seeder = (context: SeedContext) => Promise<SeedMemory>;

/** One kind of demo content. A later version adds its kinds to homes that were seeded before. */
export type DemoPart = { readonly name: string; readonly seed: Seeder };

/** Puts in, in their order, those parts that this home does not have, remembering after each. */
export function seederOf(parts: readonly DemoPart[]): Seeder {
  return async (context) => {
    let { memory } = context;
    for (const { name, seed } of parts) {
      if (memory.done.includes(name)) continue;
      context.say(`seeding ${name}`);
      memory = await seed({ ...context, memory });
      memory = { ...memory, done: [...memory.done, name] };
      context.remember(memory);
    }
    return memory;
  };
}
