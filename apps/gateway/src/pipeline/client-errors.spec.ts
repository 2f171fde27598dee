import Anthropic, * as anthropicErrors from '@anthropic-ai/sdk';
import OpenAI, * as openaiErrors from 'openai';
import { refusalStatus } from '#libs/contracts';
import { expect, it } from 'vitest';
import { provocations, provoked, type Provocation } from './client-errors.fixture.js';
import type { Gateway } from './pipeline.fixture.js';

/** What each client's own errors are, by status; `APIError` where it has none of its own. */
const openaiClasses: Readonly<Record<number, unknown>> = {
  400: openaiErrors.BadRequestError,
  401: openaiErrors.AuthenticationError,
  403: openaiErrors.PermissionDeniedError,
  404: openaiErrors.NotFoundError,
  405: openaiErrors.APIError,
  413: openaiErrors.APIError,
  502: openaiErrors.InternalServerError,
  503: openaiErrors.InternalServerError,
  504: openaiErrors.InternalServerError,
};
const anthropicClasses: Readonly<Record<number, unknown>> = {
  400: anthropicErrors.BadRequestError,
  401: anthropicErrors.AuthenticationError,
  403: anthropicErrors.PermissionDeniedError,
  404: anthropicErrors.NotFoundError,
  405: anthropicErrors.APIError,
  413: anthropicErrors.ContentTooLargeError,
  502: anthropicErrors.InternalServerError,
  503: anthropicErrors.ServiceUnavailableError,
  504: anthropicErrors.GatewayTimeoutError,
};
/** Anthropic's `type` of an error, by status. */
const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  405: 'invalid_request_error',
  413: 'request_too_large',
  502: 'api_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};
/** A request that was refused is as wrong the second time; what failed on the way may do. */
const isRetried = (status: number) => status >= 500;

type Raised = { readonly error: unknown; readonly requests: number };

/** What a stock client raises that may retry once, and how often it asked. */
async function raisedBy(
  client: (options: { fetch: typeof fetch; maxRetries: 1 }) => OpenAI | Anthropic,
  usual: { readonly path: string; readonly account: string; readonly model: string },
  { edge, how }: { readonly edge: Gateway; readonly how: Provocation },
): Promise<Raised> {
  let requests = 0;
  const counting: typeof fetch = (...asked) => {
    requests += 1;
    return fetch(...asked);
  };
  const { method = 'post', path = usual.path, model = usual.model, body = {} } = how;
  const name = `${usual.account}/${model}`;
  const whole = { model: name, max_tokens: 4, messages: [{ role: 'user', content: 'hi' }] };
  const sent = typeof body === 'function' ? body(name) : typeof body === 'string' ? body : { ...whole, ...body };
  const headers = { 'content-type': 'application/json', ...how.headers?.(edge) };
  const options = method === 'get' ? { headers } : { headers, body: sent };
  const asked = client({ fetch: counting, maxRetries: 1 })[method](path, options);
  const error = await Promise.resolve(asked).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { error, requests };
}

it.concurrent.each(Object.entries(provocations))(
  '%s is each client’s own error, and asked for again only where that may help',
  async (code, how) => {
    const edge = await provoked(how);
    const apiKey = (await how.key?.(edge)) ?? edge.keys.dev;
    const status = refusalStatus[code as keyof typeof refusalStatus];
    const requests = isRetried(status) ? 2 : 1;

    const openai = await raisedBy(
      (options) => new OpenAI({ ...options, baseURL: `${edge.url}/v1`, apiKey }),
      { path: '/chat/completions', account: 'openai', model: 'chat' },
      { edge, how },
    );
    expect(openai).toMatchObject({ requests, error: { status, code } });
    expect((openai.error as Error).constructor).toBe(openaiClasses[status]);

    const anthropic = await raisedBy(
      (options) => new Anthropic({ ...options, baseURL: edge.url, apiKey }),
      { path: '/v1/messages', account: 'anthropic', model: 'claude' },
      { edge, how: how.path ? { ...how, path: `/v1/messages${how.path}` } : how },
    );
    expect(anthropic).toMatchObject({
      requests,
      error: { status, type: anthropicTypes[status], error: { error: { code } } },
    });
    expect((anthropic.error as Error).constructor).toBe(anthropicClasses[status]);
  },
  60_000,
);
