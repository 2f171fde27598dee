import { actionNames, operations, operationsOfModelType, type Operation } from '#libs/policy-language';
import type { CatalogueModel } from '../catalogue/catalogue.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { useOf } from '../statements/action-ids.js';

/** The operations by which a model of these types is called. */
export const operationsOfModel = ({ types }: Pick<CatalogueModel, 'types'>): readonly Operation[] => [
  ...new Set(types.flatMap((type) => operationsOfModelType[type])),
];

const ADMIN: readonly Operation[] = ['admin'];
const MCP: readonly Operation[] = ['mcp'];

/**
 * The operations that an action may come by, for whoever asks whether there is any that lets it in. One is enough where
 * no document reads the operation: they all decide alike then.
 */
export function askedOperations(
  { compiled }: TenantSnapshot,
  action: number,
  model: CatalogueModel | undefined,
): readonly Operation[] {
  const all = possible(action, model);
  return compiled.readsOperation ? all : all.slice(0, 1);
}

function possible(action: number, model: CatalogueModel | undefined): readonly Operation[] {
  const use = useOf(action);
  if (use === 'admin') return ADMIN;
  if (use === 'both') return operations;
  return actionNames[action] === 'model:invoke' ? (model ? operationsOfModel(model) : []) : MCP;
}
