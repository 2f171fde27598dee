import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticated as Caller, TokenIdentity } from '#libs/access';
import type { CatalogueModel, Decision, TenantSnapshot } from '#libs/decision-engine';
import type { Edit } from '../body/edit.js';
import type { CallBody } from '../body/call-body.js';
import type { RequestBody } from '../body/request-body.js';
import type { Reservation } from '../limits/reservation.js';
import type { LabelledMetadata } from '../metadata/labelled-metadata.js';
import type { Metadata } from '../metadata/pairs.js';
import type { Refusal } from '../refusals/refusal.js';
import type { ModelRoute } from '../routes/route.js';
import type { CompiledRoute } from '../routing/routes-in-force.js';
import type { Choice } from '../routing/choose-target.js';
import type { UpstreamTarget } from '../upstreams/upstream-target.js';

/** A request as it came, before anything is known of it. */
export type Arrived = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** UUIDv7: the record's, and what the caller is told. */
  readonly decisionId: string;
  readonly requestId: string;
  /** Ms since 1970. */
  readonly atMs: number;
  /** Monotonic. */
  readonly begunMs: number;
  readonly ip: string;
  readonly userAgent: string;
};
export type Routed = Arrived & {
  readonly route: ModelRoute;
  /** The route's own spelling. */
  readonly path: string;
  readonly pathModel: string | null;
};
export type Authenticated = Routed & { readonly caller: Caller };
export type Read = Authenticated &
  LabelledMetadata & {
    readonly body: RequestBody;
    readonly call: CallBody;
    /** What the caller said of the call, before any label. */
    readonly said: Metadata;
  };
export type Governed = { readonly snapshot: TenantSnapshot };
/** What a call was led to by a Route of the tenant's, and why there. */
export type Led = Choice & {
  /** As answers and records cite them: `Route/<name>`, and the rule of limits whose overflow it is, if any. */
  readonly rules: readonly string[];
  /** A limit did not let it go where it would have gone. */
  readonly isOverflow: boolean;
};
/**
 * `model` is undefined where the tenant knows none of that name; the caller must not learn that from the answer.
 * `leadingRoute` decides which model is called, where one concerns the caller.
 */
export type Resolved = Read &
  Governed & { readonly model: CatalogueModel | undefined; readonly leadingRoute: CompiledRoute | undefined };
export type Authorised = Read &
  Governed & {
    readonly model: CatalogueModel;
    readonly decision: Decision;
    readonly led: Led | undefined;
    /** How old the snapshot was beyond its lease; 0 when fresh. */
    readonly staleMs: number;
    /** What a stored prompt changes in the body, and its rule: `Prompt/<name>@<version>`. */
    readonly edits?: readonly Edit[];
    readonly prompt?: string;
  };
export type Reached = Authorised & {
  readonly target: UpstreamTarget;
  /** The body in the upstream's dialect, where that is another than the caller's. */
  readonly translated?: Buffer | undefined;
};
export type Limited = Reached & {
  /** What it has set aside of limits; undefined where none holds it. */
  readonly limits?: Reservation | undefined;
  /** Rules of limits that refused it, or would have, were they enforced: `Limits/<document>/<rule>`. */
  readonly limitRules?: readonly string[] | undefined;
};

/** What is known of a request whose pipeline ended somewhere. */
export type Known = Arrived &
  Partial<Omit<Limited, keyof Arrived>> & {
    readonly failure?: KnownFailure;
    /** There is one decision of a request, and it is written once. */
    readonly isRecorded?: boolean;
    /** What its two records carry alike, as JSON, once the first is made. */
    readonly identity?: string;
    /** Which of its upstream calls this is, from 1; each is decided on, recorded and settled as a request of its own. */
    readonly attempt?: number;
  };
/** What of a credential that was not accepted is known all the same. */
export type KnownFailure = {
  readonly tenantId: string;
  readonly keyId: string;
  readonly principalId: string;
  readonly token?: TokenIdentity | undefined;
  readonly appliedRules?: readonly string[];
};

/** The next state of the same request: one object throughout, so that a refusal anywhere finds all that is known. */
export function advance<State extends object, More extends object>(state: State, more: More): State & More {
  return Object.assign(state, more);
}

export type StepAnswer<Next> = Next | Refusal;
