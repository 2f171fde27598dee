export { actionNames, actions, isAction, type Action, type ActionDeclaration } from './vocabulary/actions.js';
export {
  attributes,
  readAttribute,
  type AttributeName,
  type AttributeReference,
  type AttributeType,
} from './vocabulary/attributes.js';
export {
  credentialKinds,
  ENVIRONMENT_TAG,
  modelTypes,
  operations,
  operationsOfModelType,
  providers,
  subjectKinds,
  type CredentialKind,
  type ModelType,
  type Operation,
  type ProviderName,
  type SubjectKind,
} from './vocabulary/closed-lists.js';
export { operatorNames, operators, type Operator } from './vocabulary/operators.js';
export { isResourceType, resourceTypeNames, resourceTypes, type ResourceType } from './vocabulary/resource-types.js';
export { actionsMatching } from './matching/action-pattern.js';
export { compileGlob, type Glob } from './matching/glob.js';
export { networkHolds, readIp, readNetwork, type IpNetwork } from './matching/ip-network.js';
export {
  isPattern,
  readResourcePattern,
  type PatternMistake,
  type ResourcePattern,
} from './matching/resource-pattern.js';
export {
  METADATA_KEY_CHARACTERS_MAX,
  METADATA_PAIRS_MAX,
  METADATA_VALUE_CHARACTERS_MAX,
} from './documents/call-metadata.js';
export { isTimeZone } from './documents/time-zone.js';
export { canonicalJson } from './documents/canonical-json.js';
export { Condition, isReference, operatorOf, type Operand } from './documents/condition.js';
export { jsonSchemaOf, schemaNames, type SchemaName } from './documents/json-schema.js';
export { documentId, PolicyDocumentError, readDocument, secretRefsOf } from './documents/document.js';
export { KeyRestrictions } from './documents/key-restrictions.js';
export { DocumentName, ModelName, PLATFORM, TenantName } from './documents/names.js';
export { subjectsOf, withSubjects } from './documents/rewrite-subjects.js';
export { AllowStatement, ModelGrant, RoleStatement } from './documents/statement.js';
export { isSubject, readSubject, type Subject, type SubjectMistake } from './documents/subject.js';
export { API_VERSION, type Metadata } from './kinds/kind.js';
export { isKind, kindNames, kinds, type DocumentOf, type Kind, type PolicyDocument } from './kinds/registry.js';
export {
  RENDERED_CHARACTERS_MAX,
  renderPrompt,
  VARIABLE_CHARACTERS_MAX,
  type RenderedPrompt,
  type VariableMistake,
} from './prompts/render-prompt.js';
export { builtInRoles, type BuiltInRole, type BuiltInStatement } from './roles/built-in-roles.js';
export { BUNDLE_CHARACTERS_MAX, BUNDLE_DOCUMENTS_MAX, NESTING_MAX } from './bundle/bounded-yaml.js';
export { checkBundle } from './bundle/check-bundle.js';
export type { Finding, Place, SourceFile } from './bundle/finding.js';
export { lintBundle, type CheckedBundle, type InForce } from './bundle/lint-bundle.js';
export { mergedSet } from './bundle/merged-set.js';
export { parseBundle, type ParsedBundle, type SourcedDocument } from './bundle/parse-bundle.js';
export {
  POLICY_TEST,
  PolicyTest,
  type Expectation,
  type Invariant,
  type Never,
  type TestPrincipal,
  type TestRequest,
} from './policy-test/policy-test.js';
