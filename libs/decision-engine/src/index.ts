export type { CatalogueModel } from './catalogue/catalogue.js';
export { compileRestrictions } from './credential/compile-restrictions.js';
export type { CompiledRestrictions } from './credential/compiled-restrictions.js';
export { STATEMENTS_CITED_MAX, type Decision, type DecisionCode, type Reason } from './decision.js';
export { decide } from './deciding/decide.js';
export { isAdministrator } from './containment/administrator.js';
export { counterExample, type CounterExample, type GrantedStatement } from './containment/contains.js';
export { keyCounterExample, type CredentialReach } from './containment/key-containment.js';
export { changeCounterExample, type PrincipalChange } from './containment/change-of-principal.js';
export { grantedBy, type SetChange } from './containment/granted-by.js';
export { explain, type Explanation, type NearMiss } from './deciding/explain.js';
export { listModels, type ListRequest } from './deciding/list-models.js';
export { canonicalSubject, subjectsMeaning } from './subjects/subject-index.js';
export { OPERATOR_STATEMENT } from './deciding/operator-rights.js';
export { mayReachModel } from './reach/may-reach.js';
export { idleStepMs, keyBounds, type BoundKey, type KeyBound, type KeyBounds } from './key-policies/key-bounds.js';
export { whatCan, type Ability, type AbilityPlace, type WhatCanPage } from './reach/what-can.js';
export { statementsHeld } from './reach/statements-held.js';
export {
  whoCan,
  type AskedCircumstances,
  type Holder,
  type PageBounds,
  type WhoCanPage,
  type WhoCanQuestion,
} from './reach/who-can.js';
export { callLabels, type LabelledBy } from './metadata/call-labels.js';
export { unmetMetadata, type UnmetMetadata } from './metadata/unmet-metadata.js';
export type { AccessRequest, Circumstances, Credential, Principal, Resource } from './request.js';
export { CompileError } from './sets/compile-error.js';
export { documentSet, type DocumentSet } from './sets/document-set.js';
export { compile, compileSteps, type CompileInput } from './snapshot/compile.js';
export { PersistentMap } from './persistent/persistent-map.js';
export { ENGINE_VERSION, TenantSnapshot } from './snapshot/tenant-snapshot.js';
export { TEST_DECISIONS_MAX } from './policy-test/decision-budget.js';
export { junitOutput } from './policy-test/junit-output.js';
export { type Coverage, type SuiteResult, type TestReport, type TestResult } from './policy-test/report.js';
export type { PolicyTestInput } from './policy-test/policy-test-input.js';
export { runPolicyTests } from './policy-test/run-policy-tests.js';
export { treeOutput } from './policy-test/tree-output.js';
