import { compileGlob, KeyRestrictions, readNetwork, type IpNetwork } from '#libs/policy-language';
import { readPatterns } from '../statements/read-patterns.js';
import { compileCondition } from '../conditions/compile-condition.js';
import { actionIdsOf } from '../statements/action-ids.js';
import type { CompiledRestrictions } from './compiled-restrictions.js';

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
