export type { CatalogueModel } from './catalogue/catalogue.js';
export { compileRestrictions, type CompiledRestrictions } from './credential/compile-restrictions.js';
export { STATEMENTS_CITED_MAX, type Decision, type DecisionCode, type Reason } from './decision.js';
export { decide } from './deciding/decide.js';
export { listModels, type ListRequest } from './deciding/list-models.js';
export { OPERATOR_STATEMENT } from './deciding/operator-rights.js';
export type { AccessRequest, Circumstances, Credential, Principal, Resource } from './request.js';
export { compile, CompileError, type CompileInput } from './snapshot/compile.js';
export { ENGINE_VERSION, TenantSnapshot } from './snapshot/tenant-snapshot.js';
