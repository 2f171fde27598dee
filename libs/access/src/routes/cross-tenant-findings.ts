import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { listRoutes, type Route } from './list-routes.js';

/** What is known of the tenant that must not be reachable, and how to call each route about it. */
export type ForeignTenant = {
  readonly tenantId: string;
  /** Ids of the foreign tenant's things by path parameter: `{keyId: ['…'], id: ['user_…', 'team_…']}`. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** Names and addresses that may stand in no answer. Not ids: the caller has sent those. */
  readonly names: readonly string[];
  /** Valid bodies that name foreign things, by `METHOD /path`. Without one, `{tenant}` is sent. */
  readonly bodies?: Readonly<Record<string, unknown>>;
  /** Headers that some routes insist on, e.g. `if-match`. */
  readonly headers?: Readonly<Record<string, string>>;
};
type Call = { method: string; url: string; body?: unknown; refusals: readonly number[] };
type Answer = { status: number; text: string; decisionId: string | undefined };

const REFUSED = [401, 403, 404];
/** A body or query that the route does not take is as good as a refusal, where no thing of the tenant was named. */
const REFUSED_OR_INVALID = [...REFUSED, 400, 415, 422, 428];

/**
 * Suite for the specs of every application: calls each route with another tenant's ids, names and credential, and
 * answers one sentence per breach; an empty list is what to expect. Every call must end in 401, 403 or 404, show nothing
 * of the other tenant and carry a decision id; the lists of one's own tenant may answer, without the other's names.
 */
export async function crossTenantFindings(
  app: NestFastifyApplication,
  credential: string,
  foreign: ForeignTenant,
): Promise<string[]> {
  const findings: string[] = [];
  for (const route of listRoutes(app).filter(({ isPublic }) => !isPublic)) {
    const calls = callsOf(route, foreign);
    if (calls.length === 0) findings.push(`${route.method} ${route.path}: no id is given for its parameters`);
    for (const call of calls) {
      const own = await send(app, call, foreign, { authorization: `Bearer ${credential}` });
      findings.push(...faultsOf(call, own, foreign.names));
      const nobody = await send(app, call, foreign, {});
      if (nobody.status !== 401) findings.push(`${call.method} ${call.url}: ${nobody.status} without a credential`);
    }
  }
  return findings;
}

function callsOf(route: Route, foreign: ForeignTenant): Call[] {
  const method = route.method === 'ALL' ? 'GET' : route.method;
  const body = foreign.bodies?.[`${route.method} ${route.path}`];
  const hasBody = method !== 'GET' && method !== 'DELETE' && method !== 'HEAD';
  const sent = hasBody ? { body: body ?? { tenant: foreign.tenantId } } : {};
  const query = `?tenant=${encodeURIComponent(foreign.tenantId)}`;
  if (route.path.includes(':')) {
    const refusals = hasBody && body === undefined ? REFUSED_OR_INVALID : REFUSED;
    return filled(route.path, foreign.ids).map((url) => ({ method, url, ...sent, refusals }));
  }
  const about = { method, url: hasBody ? route.path : route.path + query, ...sent };
  const calls = [{ ...about, refusals: body === undefined ? REFUSED_OR_INVALID : REFUSED }];
  // Without naming anybody, a list is the caller's own.
  return hasBody ? calls : [...calls, { method, url: route.path, refusals: [200, ...REFUSED_OR_INVALID] }];
}

/** Every combination of the ids that are given for the parameters. */
function filled(path: string, ids: ForeignTenant['ids']): string[] {
  let urls = [''];
  for (const part of path.split('/').filter(Boolean)) {
    const values = part.startsWith(':') ? (ids[part.slice(1)] ?? []).map(encodeURIComponent) : [part];
    urls = urls.flatMap((url) => values.map((value) => `${url}/${value}`));
  }
  return urls;
}

function faultsOf(call: Call, { status, text, decisionId }: Answer, names: readonly string[]): string[] {
  const what = `${call.method} ${call.url}`;
  const faults = names.filter((name) => text.includes(name)).map((name) => `${what}: the answer shows "${name}"`);
  if (!call.refusals.includes(status)) faults.push(`${what}: ${status}`);
  if (decisionId === undefined) faults.push(`${what}: ${status} without a decision id`);
  return faults;
}

async function send(
  app: NestFastifyApplication,
  { method, url, body }: Call,
  foreign: ForeignTenant,
  headers: Record<string, string>,
): Promise<Answer> {
  const isText = typeof body === 'string';
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...foreign.headers,
      ...headers,
      ...(body !== undefined && { 'content-type': isText ? 'application/yaml' : 'application/json' }),
    },
    ...(body !== undefined && { payload: body as object | string }),
  });
  const decisionId = answer.headers['gatehouse-decision-id'];
  return {
    status: answer.statusCode,
    text: answer.body,
    decisionId: typeof decisionId === 'string' ? decisionId : undefined,
  };
}
