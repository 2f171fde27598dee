/** Of one resource type: how its paths look. */
export type ResourceTypeDeclaration = {
  /** Number of `/`-separated parts; null: any number. */
  readonly segments: number | null;
  /** For people. */
  readonly path: string;
  /** Paths beside those that have so many parts. */
  readonly also?: readonly string[];
  /** What can stand in a path, where that is known; nothing else is ever matched. */
  readonly characters?: RegExp;
};

/** Of names of documents (see `DocumentName`), and of models. */
const IN_NAMES = /^[A-Za-z0-9._-]*$/;
const IN_MODEL_NAMES = /^[A-Za-z0-9._:/-]*$/;

/** Every resource type, so that a pattern which can never match its type is found when it is published. */
export const resourceTypes = {
  model: { segments: 2, path: '<account>/<model>', characters: IN_MODEL_NAMES },
  tool: { segments: 2, path: '<server>/<tool>' },
  'mcp-resource': { segments: null, path: '<server>/<path>' },
  prompt: { segments: 1, path: '<name>', characters: IN_NAMES },
  route: { segments: 1, path: '<name>', characters: IN_NAMES },
  limits: { segments: 1, path: '<name>', also: ['ledger/entries'], characters: /^[A-Za-z0-9._/-]*$/ },
  key: { segments: 1, path: '<id>' },
  user: { segments: 1, path: '<id>' },
  team: { segments: 1, path: '<name>' },
  'virtual-account': { segments: 1, path: '<name>' },
  tenant: { segments: 1, path: '<name>' },
  role: { segments: 1, path: '<name>', characters: IN_NAMES },
  policy: { segments: null, path: '<kind>/<name>', characters: IN_MODEL_NAMES },
  'provider-account': { segments: 1, path: '<name>', characters: IN_NAMES },
  'mcp-server': { segments: 1, path: '<name>', characters: IN_NAMES },
  'oauth-client': { segments: 1, path: '<id>' },
  'identity-provider': { segments: 1, path: '<name>' },
  issuer: { segments: 1, path: '<name>' },
  session: { segments: 1, path: '<id>' },
  alert: { segments: 1, path: '<id>' },
  finding: { segments: 1, path: '<id>' },
  review: { segments: 1, path: '<id>' },
  audit: { segments: null, path: '<collection>' },
  revision: { segments: 1, path: '<number>' },
} as const satisfies Record<string, ResourceTypeDeclaration>;

/** What stands before the `:` of a resource. */
export type ResourceType = keyof typeof resourceTypes;

/** All resource types, in the order of their declaration. */
export const resourceTypeNames = Object.keys(resourceTypes) as readonly ResourceType[];

/** Whether `text` names a resource type. */
export const isResourceType = (text: string): text is ResourceType => Object.hasOwn(resourceTypes, text);
