import type { RefusalCode } from '#libs/contracts';
import type { ModelType } from '#libs/policy-language';

/** Whose form of errors and streams a caller expects. */
export type Dialect = 'openai' | 'anthropic';
export type CredentialKind = 'pat' | 'vak' | 'token';

/** What a route of the model surfaces declares; the pipeline reads nothing else about it. */
export type ModelRoute = {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** Below `/v1` and `/api/llm`. `{model}` stands for `<account>/<model>`. */
  readonly path: string;
  readonly dialect: Dialect;
  readonly credentials: readonly CredentialKind[];
  readonly action: 'model:invoke' | 'model:list';
  /** `request.operation` of policies. */
  readonly operation: string;
  /** `usage`: what the upstream reports is charged. `free`: it is called, at no charge. `none`: nothing is called. */
  readonly metering: 'usage' | 'free' | 'none';
  /** Which models can serve it, by `spec.types`, any of these; empty where no model is called. */
  readonly modelTypes: readonly ModelType[];
  /** The operation cannot do without one of these fields of the body; empty where there is no body. */
  readonly requires: readonly string[];
  /** Whether `tools` may hold such as the provider runs; those of functions it does not run. */
  readonly hostedTools?: boolean;
  /** Whether `input` may be a list of items, of which some could stand for what the provider keeps. */
  readonly inputItems?: boolean;
  /** Whether `prompt` names a stored prompt, which is put into the input. */
  readonly storedPrompts?: boolean;
  /** Whether the body is `multipart/form-data`; all others are JSON. */
  readonly isForm?: boolean;
  /** Whether `stream_format` says if the answer is a stream of events, in the place of `stream`. */
  readonly streamFormats?: boolean;
  /** Fields that may not be used here, and why; `null` and `false` use none. */
  readonly refuses?: Readonly<Record<string, string>>;
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
