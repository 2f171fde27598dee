import type { RefusalCode } from '#libs/contracts';

export type CredentialKind = 'pat' | 'vak' | 'token';

/** What a route of the model surfaces declares; the pipeline reads nothing else about it. */
export type ModelRoute = {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Below `/v1` and `/api/llm`. `{model}` stands for `<account>/<model>`. */
  readonly path: string;
  /** Whose form of errors and streams the caller expects. */
  readonly dialect: 'openai';
  readonly credentials: readonly CredentialKind[];
  readonly action: 'model:invoke' | 'model:list';
  /** `request.operation` of policies. */
  readonly operation: string;
  /** `usage`: what the upstream reports is charged. `none`: nothing is called upstream. */
  readonly metering: 'usage' | 'none';
  /** Which models it can serve, by `spec.types`. */
  readonly modelType: string | null;
  /** The field of the body that the operation cannot do without; null where there is no body. */
  readonly requiredField: string | null;
};

/** The closed list of what anyone may ask without a credential. */
export type PublicRoute = { readonly id: string; readonly method: 'GET'; readonly path: string };

export type Matched = {
  readonly route: ModelRoute;
  /** The path that is authorised and recorded: the route's own, never the caller's spelling. */
  readonly path: string;
  readonly model: string | null;
};
export type Unmatched = {
  readonly code: Extract<RefusalCode, 'not_found' | 'method_not_allowed'>;
  readonly allow: string;
};
