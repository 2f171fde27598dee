import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileTokens } from './hostile-tokens.fixture.js';
import { answerTo, authenticatorOver, ownClaims, ownKey, ownToken, signedAnyway, trusting } from './token.fixture.js';
import { NOW_MS } from '../identity/identity.fixture.js';

let asked = 0;
const canary = createServer((_, response) => {
  asked += 1;
  response.end('{"keys":[]}');
});
const url = () => `http://127.0.0.1:${(canary.address() as AddressInfo).port}`;
beforeAll(() => new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => canary.close(resolve)));

it('would take the token that all of these are made from', async () => {
  expect(await answerTo(await ownToken())).toMatchObject({ ok: true });
  const header = { alg: 'ES256', typ: 'application/AT+JWT', kid: 'own-1' };
  expect(await answerTo(signedAnyway(header, ownClaims, ownKey))).toMatchObject({ ok: true });
});

describe('a guard is not to be had by', () => {
  it.each(hostileTokens)('%s', async (_, make) => {
    const authenticator = authenticatorOver(trusting());
    // One that is remembered must not let in one that resembles it.
    await authenticator.authenticate(await ownToken(), NOW_MS);
    const answer = await authenticator.authenticate(await make(url()), NOW_MS);
    expect(answer).toMatchObject({ ok: false, code: 'invalid_token' });
    expect(authenticator.size).toBeLessThanOrEqual(2);
  });

  it('makes it ask nobody', () => expect(asked).toBe(0));
});
