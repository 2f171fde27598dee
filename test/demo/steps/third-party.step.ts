import { strict as assert } from 'node:assert';
import * as oidc from 'openid-client';
import { isServed, type Stage } from '../stage.js';
import type { Step } from '../step.js';
import { Visitor } from '../visitor.js';

const REDIRECT = 'https://notebook.example/callback';
const EMAIL = 'tess@acme.example';
type Client = { readonly id: string; readonly client_secret: string };
type Consents = { readonly data: readonly { readonly id: string; readonly client: string }[] };

export const thirdParty: Step = {
  title: 'Somebody lets a third party’s application call models for them, by OAuth',
  async tell(stage) {
    const { url } = stage.local.identity;
    const visitor = await somebodyWithAPassword(stage);
    const client = await stage.acme.post<Client>(`${url}/v1/oauth-clients`, {
      json: {
        name: 'Notebook',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['authorization_code'],
        redirect_uris: [REDIRECT],
        scopes: ['openid', 'model:invoke'],
      },
    });
    const token = await tokenFor(url, client, visitor);
    const served = await stage.callUntil('the token to be taken', isServed, token);
    assert.match(served.text, /Sandbox\(llama-3\)/u);
    const beyond = await stage.call(token, { model: 'openai-main/gpt-4' });
    assert.deepEqual([beyond.status, beyond.code], [403, 'model_not_allowed']);
    const { data } = await visitor.admin.get<Consents>(`${url}/v1/consents`);
    const consent = data.find((each) => each.client === client.id);
    assert.ok(consent, 'the consent is listed');
    await visitor.admin.post(`${url}/v1/consents/${consent.id}/withdraw`);
    await stage.callUntil('the token to be refused', ({ status }) => status === 401, token);
    return 'Tess logged in and consented; Notebook called what she may and no more, until she withdrew her consent.';
  },
};

/** Tess may use acme's local models. */
async function somebodyWithAPassword(stage: Stage): Promise<Visitor> {
  const { url } = stage.local.identity;
  const { id } = await stage.acme.post<{ id: string }>(`${url}/v1/users`, { json: { email: EMAIL } });
  const json = { name: 'first', owner: `user:${id}` };
  const { value } = await stage.acme.post<{ value: string }>(`${url}/v1/api-keys`, { json });
  await stage.apply('RoleBinding', 'tess', { subjects: [`user:${EMAIL}`], roles: ['local-models'], reason: 'a demo' });
  const visitor = new Visitor(url, EMAIL, value);
  await visitor.setPassword();
  return visitor;
}

/** The authorization code flow with PKCE, by the stock client. */
async function tokenFor(issuer: string, { id, client_secret: secret }: Client, visitor: Visitor): Promise<string> {
  const how = oidc.ClientSecretBasic(secret);
  const config = await oidc.discovery(new URL(issuer), id, undefined, how, { execute: [oidc.allowInsecureRequests] });
  const verifier = oidc.randomPKCECodeVerifier();
  const asked = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid model:invoke',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });
  const back = await visitor.allows(asked);
  const { access_token: token } = await oidc.authorizationCodeGrant(config, back, { pkceCodeVerifier: verifier });
  return token;
}
