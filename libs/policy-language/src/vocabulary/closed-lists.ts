/** What `request.operation` may be: the kind of endpoint that was called; `admin` for every administrative API. */
export const operations = [
  'chat',
  'completions',
  'responses',
  'messages',
  'embeddings',
  'moderations',
  'images',
  'audio',
  'files',
  'batches',
  'mcp',
  'admin',
] as const;
export type Operation = (typeof operations)[number];

/** What `resource.types` of a model may hold. */
export const modelTypes = ['chat', 'completion', 'embedding', 'moderation', 'image', 'audio', 'rerank'] as const;
export type ModelType = (typeof modelTypes)[number];

/**
 * What a ProviderAccount's `provider` may be: which wire protocol is spoken, and which operations are offered.
 * `openai-compatible` is for whatever speaks OpenAI's and is not named here.
 */
export const providers = [
  'openai',
  'anthropic',
  'azure-openai',
  'openai-compatible',
  'vllm',
  'ollama',
  'lm-studio',
  'mistral',
  'groq',
  'deepseek',
  'xai',
  'together',
] as const;
export type ProviderName = (typeof providers)[number];

/** By which operations a model of a type is reached; used where a caller asks what they may call, not whether. */
export const operationsOfModelType: Readonly<Record<ModelType, readonly Operation[]>> = {
  chat: ['chat', 'responses', 'messages', 'completions', 'batches'],
  completion: ['completions', 'batches'],
  embedding: ['embeddings', 'batches'],
  moderation: ['moderations'],
  image: ['images'],
  audio: ['audio'],
  rerank: ['embeddings'],
};

/** What may stand before the `:` of a subject. `everyone` stands alone and means users only. */
export const subjectKinds = ['user', 'team', 'virtual-account', 'idp-group'] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** What `credential.kind` may be. */
export const credentialKinds = ['pat', 'vak', 'svc', 'token', 'session', 'none'] as const;
export type CredentialKind = (typeof credentialKinds)[number];

/** The tag that a model cannot be called without. */
export const ENVIRONMENT_TAG = 'env';
