import { errors } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { readAsked, type TokenBounds, type TokenParameters } from './asked-token.js';

const services = ['https://gateway.example', 'https://identity.example', 'https://policy.example'];
const bounds: TokenBounds = { actions: ['model:invoke', 'model:list'], resources: [], scopesDefault: ['model:list'] };
const details = JSON.stringify([{ type: 'gatehouse', actions: ['model:invoke'], resources: ['model:local/*'] }]);
const asked = (parameters: TokenParameters, more: Partial<TokenBounds> = {}) =>
  readAsked(parameters, { ...bounds, ...more }, services);

describe('the scope of a token', () => {
  it('is what was asked for, each once, within the bounds', () => {
    expect(asked({ scope: 'model:invoke  model:invoke' }).scopes).toEqual(['model:invoke']);
    expect(asked({}).scopes).toEqual(['model:list']);
  });

  it('is any action where there are no bounds, and none where they are empty', () => {
    expect(asked({ scope: 'policy:apply' }, { actions: undefined }).scopes).toEqual(['policy:apply']);
    expect(() => asked({ scope: 'model:invoke' }, { actions: [] })).toThrow(errors.InvalidScope);
  });

  it.each(['policy:apply', 'model:*', '*', 'model:invoke policy:apply', 'openid', 'constructor'])(
    '%s is refused, and nothing of it is given',
    (scope) => expect(() => asked({ scope })).toThrow(errors.InvalidScope),
  );

  it('is never nothing: details alone describe a token, or a scope is needed', () => {
    expect(asked({ authorization_details: details }).scopes).toEqual([]);
    expect(() => asked({ scope: ' ' }, { scopesDefault: [] })).toThrow(errors.InvalidScope);
  });

  it('names a hundred actions at most', () => {
    const scope = Array.from({ length: 101 }, () => 'model:list').join(' ');
    expect(() => asked({ scope })).toThrow(errors.InvalidScope);
  });
});

describe('the resource of a token', () => {
  it('is the default service, or the first that the client may have tokens for', () => {
    expect(asked({}).resource).toBe(services[0]);
    expect(asked({}, { resources: [String(services[2])] }).resource).toBe(services[2]);
  });

  it('is the named one, with or without a slash at its end', () => {
    expect(asked({ resource: 'https://policy.example/' }).resource).toBe(services[2]);
    expect(asked({ resource: ['https://policy.example'] }).resource).toBe(services[2]);
  });

  it('is the service of which a part is named, and of services below each other the nearest', () => {
    expect(asked({ resource: 'https://gateway.example/api/llm' }).resource).toBe(services[0]);
    const nested = ['https://one.example', 'https://one.example/identity'];
    const of = (resource: string, resources: readonly string[] = []) =>
      readAsked({ resource }, { ...bounds, resources }, nested).resource;
    expect(of('https://one.example/v1')).toBe(nested[0]);
    expect(of('https://one.example/identity/v1')).toBe(nested[1]);
    expect(of('https://one.example/identity2')).toBe(nested[0]);
    expect(() => of('https://one.example/identity/v1', nested.slice(0, 1))).toThrow(errors.InvalidTarget);
  });

  it.each<[string, TokenParameters['resource'], readonly string[]]>([
    ['of nobody', 'https://evil.example', []],
    ['that the client has no tokens for', services[1], services.slice(0, 1)],
    ['that only begins like one', 'https://gateway.example.evil.example', []],
    ['with a query', 'https://gateway.example/v1?x=1', []],
    ['with a fragment', 'https://gateway.example/v1#x', []],
    ['with userinfo', 'https://gateway.example@evil.example/v1', []],
    ['that goes up', 'https://gateway.example/v1/../v2', []],
    ['in another case', 'https://Gateway.example/v1', []],
    ['below a service that the client has no tokens for', 'https://identity.example/v1', services.slice(0, 1)],
    ['of two at once', services.slice(0, 2), []],
    ['of two, one of which is nobody’s', [String(services[0]), 'https://evil.example'], []],
    ['that is empty', '', []],
  ])('%s is refused', (_what, resource, resources) => {
    expect(() => asked({ resource }, { resources })).toThrow(errors.InvalidTarget);
  });
});
