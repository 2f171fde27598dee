import type { Dispatcher } from 'undici';
import type { OriginFault } from '../egress/upstream-origins.js';
import type { Endpoint, Provider } from '../providers/provider.js';

/** Where calls of one model and operation go. Its headers hold the provider key: it is never logged or recorded. */
export type UpstreamTarget = {
  readonly dispatcher: Dispatcher;
  readonly path: string;
  readonly headers: readonly string[];
  readonly provider: Provider;
  readonly endpoint: Endpoint;
};
export type TargetFault = OriginFault | 'operation_unknown' | 'credential_missing';
