import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { controlledKeys } from '../body/controlled-keys.js';
import { dialectOf, isModelTarget, matchRoute } from './match-route.js';
import { modelRoutes, prefixes, publicRoutes } from './route-table.js';

const idOf = (method: string, target: string) => {
  const matched = matchRoute(method, target);
  return 'route' in matched ? matched.route.id : matched.code;
};

describe('every route', () => {
  it.each(modelRoutes.map((route) => [route.id, route] as const))(
    '%s declares who may use it, for what, at whose cost',
    (_, route) => {
      expect(route.credentials.length).toBeGreaterThan(0);
      expect(route.action).toMatch(/^model:(?:invoke|list)$/u);
      expect(route.operation).not.toBe('');
      expect(route.metering !== 'none').toBe(route.action === 'model:invoke');
      expect(route.requires.length === 0).toBe(route.method === 'GET');
      expect(route.modelTypes.length === 0).toBe(route.method === 'GET');
      expect(dialectOf(`/v1${route.path}`)).toBe(route.dialect);
      for (const field of Object.keys(route.refuses ?? {})) expect(controlledKeys).toContain(field);
    },
  );

  it('has an id and an address of its own', () => {
    expect(new Set(modelRoutes.map(({ id }) => id)).size).toBe(modelRoutes.length);
    expect(new Set(modelRoutes.map(({ method, path }) => method + path)).size).toBe(modelRoutes.length);
  });

  it('is the same under both prefixes', () => {
    for (const { method, path, id } of modelRoutes) {
      for (const prefix of prefixes) expect(idOf(method, prefix + path.replace('{model}', 'a/b'))).toBe(id);
    }
  });
});

it('answers in the form of whoever calls, also where nothing is found', () => {
  const anthropic = [
    '/v1/messages',
    '/v1/messages?beta=true',
    '/api/llm/messages/count_tokens',
    '/v1/messages/batches',
  ];
  for (const target of anthropic) expect(dialectOf(target)).toBe('anthropic');
  for (const target of ['/v1/messagesx', '/v1/chat/completions', '/v1/', '/v1/x/messages']) {
    expect(dialectOf(target)).toBe('openai');
  }
  for (const target of ['/messages', '/v1', '//v1/messages', '/V1/messages']) expect(dialectOf(target)).toBeUndefined();
});

it('keeps the public routes a closed list', () => {
  const metadata = '/.well-known/oauth-protected-resource';
  const paths = ['/healthz', '/readyz', '/metrics', '/openapi.json', metadata, `${metadata}/v1`, `${metadata}/api/llm`];
  expect(publicRoutes.map(({ path }) => path)).toEqual(paths);
  for (const { path } of publicRoutes) expect(isModelTarget(path)).toBe(false);
  for (const target of ['/healthz/', '/Healthz', '//healthz', '/healthz/../v1/models'])
    expect(isModelTarget(target)).toBe(true);
});

describe('a hostile spelling is not found', () => {
  it.each([
    '//v1/chat/completions',
    '/v1//chat/completions',
    '/v1/chat/completions/',
    '/v1/chat/./completions',
    '/v1/chat/../chat/completions',
    '/v1/models/../chat/completions',
    '/v1/chat/completions/..',
    '/v1/chat%2fcompletions',
    '/v1/chat/completion%73',
    '/v1/%2e%2e/v1/chat/completions',
    '/v1/chat/completions;x=1',
    '/v1/chat;/completions',
    '/V1/chat/completions',
    '/v1/Chat/Completions',
    'http://upstream.example/v1/chat/completions',
    '/v1/chat/completions#x',
    '/v1/chat/completions?x=/../embeddings',
    '/v1/chat/completions?x=1#y',
    '/v1/chat/completions?a?b',
    '/v1/chat\\completions',
    '/v1/chat/completions\u0000',
    '/v1/chat/completions%00',
    '*',
    '',
    '/',
    '/v2/chat/completions',
    '/api/llm/v1/chat/completions',
    `/v1/chat/completions?${'a'.repeat(3_000)}`,
  ])('%s', (target) => expect(idOf('POST', target)).toBe('not_found'));

  it.each([
    '/v1/models/a',
    '/v1/models/a/',
    '/v1/models/a/../b',
    '/v1/models/a/%2e%2e',
    '/v1/models/../a',
    '/v1/models/a%252fb',
    '/v1/models//a/b',
  ])('%s', (target) => expect(idOf('GET', target)).toBe('not_found'));
});

it('never matches a target that differs from a declared one in anything but a query', () => {
  const piece = fc.constantFrom(
    '/v1',
    '/chat',
    '/completions',
    '/',
    '.',
    '%2e',
    ';',
    'V1',
    '\\',
    '/models',
    '?',
    '#',
    'x',
  );
  // Of these pieces, what reads as <account>/<model>: `/v1/models/chat/v1` asks for a model, too.
  const oneModel = /^\/v1\/models\/[A-Za-z0-9][A-Za-z0-9.]*\/[A-Za-z0-9][A-Za-z0-9.]*$/u;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
      const target = pieces.join('');
      const isMatched = 'route' in matchRoute('POST', target) || 'route' in matchRoute('GET', target);
      const path = target.split('?', 1)[0] ?? '';
      const isDeclared = modelRoutes.some((route) => `/v1${route.path}` === path) || oneModel.test(path);
      expect(isMatched && !isDeclared).toBe(false);
    }),
    { numRuns: 2_000 },
  );
});

it('tells another method from another path, and names the right ones', () => {
  expect(matchRoute('GET', '/v1/chat/completions')).toEqual({ code: 'method_not_allowed', allow: 'POST' });
  expect(matchRoute('post', '/v1/chat/completions')).toMatchObject({ code: 'method_not_allowed' });
});

it('reads the model of a path as the stock client writes it', () => {
  expect(matchRoute('GET', '/v1/models/openai-main%2Fgpt-4')).toMatchObject({ model: 'openai-main/gpt-4' });
  expect(matchRoute('GET', '/v1/models/openai-main/gpt-4?x=1')).toMatchObject({ path: '/v1/models/openai-main/gpt-4' });
});
