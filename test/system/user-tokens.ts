import * as oidc from 'openid-client';
import { waitFor } from '#libs/testing';
import { Browser, type BrowsedServer } from '../../apps/identity/src/oauth/browser.fixture.js';
import { SPEC_PASSWORD } from '../security/needles.js';
import { admin, demoKey, local } from './system.js';

const REDIRECT = 'https://app.example/callback';
const SCOPE = 'openid offline_access model:invoke';

export type OAuthClient = { readonly id: string; readonly client_secret: string };
export type Code = { readonly url: URL; readonly checks: oidc.AuthorizationCodeGrantChecks };

/** A POST by acme's administrator. @throws Error for anything but a success. */
export async function post<Body>(path: string, json: object): Promise<Body> {
  const { status, body } = await admin<Body>('identity', 'POST', path, demoKey('acme', 'admin'), { json });
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** A client that users log in through. */
export const userClient = () =>
  post<OAuthClient>('/v1/oauth-clients', {
    name: 'app',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [REDIRECT],
    scopes: SCOPE.split(' '),
  });

/** openid-client, as the client. */
export function configOf({ id, client_secret: secret }: OAuthClient): Promise<oidc.Configuration> {
  const how = oidc.ClientSecretBasic(secret);
  return oidc.discovery(new URL(local().identity.url), id, undefined, how, { execute: [oidc.allowInsecureRequests] });
}

/** Somebody new in acme who may use `local/*` and has a password. @returns their id */
export async function newUser(email: string): Promise<string> {
  const { id } = await post<{ id: string }>('/v1/users', { email });
  const key = await post<{ value: string }>('/v1/api-keys', { name: 'first', owner: `user:${id}` });
  const json = { new_password: SPEC_PASSWORD };
  await waitFor(async () => (await admin('identity', 'PUT', '/v1/me/password', key.value, { json })).status === 204);
  const metadata = { name: `spec-${id.toLowerCase().replaceAll('_', '-')}`, tenant: 'acme' };
  const spec = { subjects: [`user:${email}`], roles: ['local-models'], reason: 'a spec' };
  const yaml = JSON.stringify({ apiVersion: 'gatehouse/v1', kind: 'RoleBinding', metadata, spec });
  const { status, body } = await admin('policy', 'POST', '/v1/apply', demoKey('acme', 'admin'), { yaml });
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`);
  return id;
}

/** From the request to the code: the user logs in, and allows everything. */
export async function codeFor(config: oidc.Configuration, email: string): Promise<Code> {
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: SCOPE,
    prompt: 'consent',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const page = await new Browser(pages).pass(url.href, email);
  if (!page.url.searchParams.has('code')) throw new Error(`no code: ${page.url.href} ${page.text}`);
  return { url: page.url, checks: { pkceCodeVerifier: verifier } };
}

const pages: BrowsedServer = {
  get issuer() {
    return local().identity.url;
  },
  password: SPEC_PASSWORD,
  secrets: new Set(),
  send: async ({ method, url, headers, payload }) => {
    const content = payload === undefined ? {} : { body: payload };
    const answer = await fetch(`${local().identity.url}${url}`, { method, headers, redirect: 'manual', ...content });
    const cookies = answer.headers.getSetCookie();
    return {
      statusCode: answer.status,
      headers: { ...Object.fromEntries(answer.headers), 'set-cookie': cookies },
      body: await answer.text(),
    };
  },
};
