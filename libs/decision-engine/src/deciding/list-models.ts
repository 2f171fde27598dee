import type { Operation } from '#libs/policy-language';
import type { CatalogueModel } from '../catalogue/catalogue.js';
import type { AccessRequest, Circumstances } from '../request.js';
import type { TenantSnapshot } from '../snapshot/tenant-snapshot.js';
import { operationsOfModel } from './asked-operations.js';
import { decide } from './decide.js';

/** Who lists, without an operation: a model is listed if some operation that its types allow would reach it. */
export type ListRequest = Pick<AccessRequest, 'principal' | 'credential'> & {
  readonly request: Omit<Circumstances, 'operation'>;
};

/** The models that the caller may both list and invoke, by name. */
export function listModels(snapshot: TenantSnapshot, caller: ListRequest): readonly CatalogueModel[] {
  return snapshot.models.filter((model) => {
    return operationsOfModel(model).some((operation) => {
      const may = (action: string) => decide(snapshot, asking(caller, action, model, operation)).allowed;
      return may('model:list') && may('model:invoke');
    });
  });
}

function asking(caller: ListRequest, action: string, model: CatalogueModel, operation: Operation): AccessRequest {
  const { principal, credential, request } = caller;
  return {
    principal,
    credential,
    action,
    resource: { type: 'model', path: model.path },
    request: { ...request, operation },
  };
}
