import { compileGlob, KeyRestrictions, readNetwork, type Glob, type IpNetwork } from '#libs/policy-language';
import { readPatterns } from '../catalogue/catalogue.js';
import { compileCondition } from '../conditions/compile-condition.js';
import type { Conditions, Row } from '../statements/row.js';
import { actionIdsOf } from '../statements/action-ids.js';

/** A statement of a key, independent of any tenant's catalogue. */
export type KeyStatement = {
  readonly actions: ReadonlySet<number>;
  readonly reach: Row['reach'];
  readonly conditions: Conditions;
};

/** What a key is narrowed to, taken apart once. Each part that is there must allow. */
export type CompiledRestrictions = {
  /** Set for what could not be read: it permits nothing. */
  readonly unreadable: boolean;
  readonly models: readonly Glob[] | undefined;
  readonly accounts: readonly Glob[] | undefined;
  readonly environments: ReadonlySet<string> | undefined;
  readonly operations: ReadonlySet<string> | undefined;
  readonly networks: readonly IpNetwork[] | undefined;
  readonly statements: readonly KeyStatement[] | undefined;
};

/**
 * Compiles a key's restrictions; keep the result beside the key. Undefined where there are none. Never throws: what it
 * cannot read (another version wrote it, a list is empty) permits nothing, rather than everything.
 */
export function compileRestrictions(raw: unknown): CompiledRestrictions | undefined {
  if (raw === undefined || raw === null) return undefined;
  const read = KeyRestrictions.safeParse(raw);
  if (!read.success) return UNREADABLE;
  const { models, accounts, environments, operations, cidrs, statements } = read.data;
  if (Object.keys(read.data).length === 0) return undefined;
  try {
    return {
      unreadable: false,
      models: models?.map(modelGlob),
      accounts: accounts?.map((account) => compileGlob(account)),
      environments: environments && new Set(environments),
      operations: operations && new Set<string>(operations),
      networks: cidrs?.map(networkOf),
      statements: statements?.map((statement) => ({
        actions: new Set(actionIdsOf(statement.actions)),
        reach: [readPatterns(statement.resources)],
        conditions: {
          when: (statement.when ?? []).map(compileCondition),
          unless: (statement.unless ?? []).map(compileCondition),
        },
      })),
    };
  } catch (error) {
    if (error instanceof TypeError) return UNREADABLE;
    throw error;
  }
}

const UNREADABLE: CompiledRestrictions = Object.freeze({
  unreadable: true,
  models: undefined,
  accounts: undefined,
  environments: undefined,
  operations: undefined,
  networks: undefined,
  statements: undefined,
});

/** `local/*`, or the same as a resource: `model:local/*`. */
const modelGlob = (text: string) => compileGlob(text.startsWith('model:') ? text.slice('model:'.length) : text);

function networkOf(text: string): IpNetwork {
  const network = readNetwork(text);
  if (!network) throw new TypeError(`${text} is no network`);
  return network;
}
