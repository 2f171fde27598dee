/**
 * Every resource type, and how its paths look: `segments` is the number of `/`-separated parts (null: any number), so
 * that a pattern which can never match its type is found when it is published.
 */
export const resourceTypes = {
  model: { segments: 2, path: '<account>/<model>' },
  tool: { segments: 2, path: '<server>/<tool>' },
  'mcp-resource': { segments: null, path: '<server>/<path>' },
  prompt: { segments: 1, path: '<name>' },
  route: { segments: 1, path: '<name>' },
  limits: { segments: 1, path: '<name>' },
  key: { segments: 1, path: '<id>' },
  user: { segments: 1, path: '<id>' },
  team: { segments: 1, path: '<name>' },
  'virtual-account': { segments: 1, path: '<name>' },
  tenant: { segments: 1, path: '<name>' },
  role: { segments: 1, path: '<name>' },
  policy: { segments: null, path: '<kind>/<name>' },
  'provider-account': { segments: 1, path: '<name>' },
  'mcp-server': { segments: 1, path: '<name>' },
  'oauth-client': { segments: 1, path: '<id>' },
  'identity-provider': { segments: 1, path: '<name>' },
  issuer: { segments: 1, path: '<name>' },
  session: { segments: 1, path: '<id>' },
  alert: { segments: 1, path: '<id>' },
  finding: { segments: 1, path: '<id>' },
  review: { segments: 1, path: '<id>' },
  audit: { segments: null, path: '<collection>' },
  revision: { segments: 1, path: '<number>' },
} as const satisfies Record<string, { segments: number | null; path: string }>;

/** What stands before the `:` of a resource. */
export type ResourceType = keyof typeof resourceTypes;

/** All resource types, in the order of their declaration. */
export const resourceTypeNames = Object.keys(resourceTypes) as readonly ResourceType[];

/** Whether `text` names a resource type. */
export const isResourceType = (text: string): text is ResourceType => Object.hasOwn(resourceTypes, text);
