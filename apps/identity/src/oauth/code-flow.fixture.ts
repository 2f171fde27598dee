import { hash, randomBytes } from 'node:crypto';
import { Browser } from './browser.fixture.js';
import type { OAuthWorld } from './oauth.fixture.js';

export type Client = { readonly id: string; readonly secret: string };
export const REDIRECT = 'https://app.example/callback';
export const SCOPE = 'openid offline_access model:invoke model:list';

/** What an authorization request says; undefined leaves a parameter out. */
export type Asked = Readonly<Record<string, string | undefined>>;

/** An authorization request, with everything that it needs unless a spec says otherwise. */
export function authorizationUrl(client: Client, verifier: string, asked: Asked = {}): string {
  const parameters: Asked = {
    client_id: client.id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: SCOPE,
    prompt: 'consent',
    state: 'state',
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    ...asked,
  };
  const given = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `/oauth2/auth?${new URLSearchParams(given).toString()}`;
}

export const newVerifier = () => randomBytes(32).toString('base64url');

type Flow = { readonly asked?: Asked; readonly email?: string; readonly ticked?: string[]; readonly browser?: Browser };

/** From the request to the code, with somebody who logs in and allows it. */
export async function codeFor(world: OAuthWorld, client: Client, flow: Flow = {}) {
  const verifier = newVerifier();
  const browser = flow.browser ?? new Browser(world);
  const url = authorizationUrl(client, verifier, flow.asked);
  const page = await browser.pass(url, flow.email ?? 'ada@acme.example', flow.ticked);
  const code = page.url.searchParams.get('code') ?? '';
  if (code) world.secrets.add(code);
  return { code, verifier, page };
}

export function redeem(world: OAuthWorld, client: Client, code: string, verifier: string, more: Asked = {}) {
  const form = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: REDIRECT, ...more };
  const given = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return world.post('/oauth2/token', Object.fromEntries(given), client);
}

/** Tokens of a user, by the whole flow. */
export async function tokensFor(world: OAuthWorld, client: Client, flow: Flow = {}) {
  const { code, verifier } = await codeFor(world, client, flow);
  const { status, body } = await redeem(world, client, code, verifier);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body as { access_token: string; refresh_token: string; id_token: string; scope: string };
}

export function refresh(world: OAuthWorld, client: Client, token: string, more: Record<string, string> = {}) {
  return world.post('/oauth2/token', { grant_type: 'refresh_token', refresh_token: token, ...more }, client);
}
