import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import * as oidc from 'openid-client';
import { chromium, type BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { waitFor } from '#libs/testing';
import { admin, demoKey, local, openai } from '../system/system.js';
import { SPEC_PASSWORD as PASSWORD } from '../security/needles.js';
import { browserPath } from '../system/browser.config.js';

/** Chromium as root in a container, and without a call to anywhere of its own accord. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const insecure = { execute: [oidc.allowInsecureRequests] };

let browser: BrowserContext;
let profile: string;
/** Stands for the application: its callback is where the browser comes back to. */
let application: Server;
let callback: string;

beforeAll(async () => {
  application = createServer((_request, response) => void response.end('back at the application'));
  await new Promise<void>((listening) => application.listen(0, '127.0.0.1', listening));
  const address = application.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  callback = `http://127.0.0.1:${address.port}/callback`;
  profile = mkdtempSync(join(tmpdir(), 'gatehouse-browser-'));
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: browserPath(),
    headless: true,
    args: FLAGS,
    javaScriptEnabled: false,
  });
});
afterAll(async () => {
  await browser.close();
  application.close();
  rmSync(profile, { recursive: true, force: true });
});

it('somebody logs in and consents in a browser without scripts, and the application calls a model for them', async () => {
  const key = demoKey('acme', 'manager');
  const set = await admin('identity', 'PUT', '/v1/me/password', key, { json: { new_password: PASSWORD } });
  expect(set.status).toBe(204);
  const { body: client } = await admin<{ id: string }>(
    'identity',
    'POST',
    '/v1/oauth-clients',
    demoKey('acme', 'admin'),
    {
      json: {
        name: 'Notebook',
        token_endpoint_auth_method: 'none',
        application_type: 'native',
        grant_types: ['authorization_code'],
        redirect_uris: ['http://127.0.0.1/callback'],
        scopes: ['openid', 'model:invoke', 'model:list'],
      },
    },
  );
  const config = await oidc.discovery(new URL(local().identity.url), client.id, undefined, oidc.None(), insecure);
  const verifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'openid model:invoke model:list',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: 'here',
  });
  const page = await browser.newPage();
  await page.goto(url.href);
  await page.getByLabel('E-mail address').fill('mona@acme.example');
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText('Notebook').waitFor();
  await page.getByLabel('model:list').uncheck();
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${callback}?**`);
  const checks = { pkceCodeVerifier: verifier, expectedState: 'here' };
  const { access_token: token } = await oidc.authorizationCodeGrant(config, new URL(page.url()), checks);
  expect(decodeJwt(token)['scope']).toBe('model:invoke');
  const call = () =>
    openai(token).chat.completions.create({ model: 'local/llama-3', messages: [{ role: 'user', content: 'x' }] });
  expect((await waitFor(() => call().catch(() => undefined))).choices).toHaveLength(1);
  const { body } = await admin<{ data: { id: string; client: string }[] }>('identity', 'GET', '/v1/consents', key);
  const consent = body.data.find((each) => each.client === client.id);
  await admin('identity', 'POST', `/v1/consents/${consent?.id}/withdraw`, key);
  const status = () =>
    call().then(
      () => 200,
      (error: { status: number }) => error.status,
    );
  await waitFor(async () => (await status()) === 401);
});
