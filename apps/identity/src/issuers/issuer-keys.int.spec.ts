import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IssuersFixture } from './issuers.fixture.js';
import { ecKey, json } from './key-server.fixture.js';

const spec = new IssuersFixture();
beforeAll(() => spec.open());
afterAll(() => spec.close());

/** The fetch is over, and its keys have reached the guards. */
const arrived = (id: string, expected: string) =>
  waitFor(async () => spec.kids(id) === expected && (await spec.shown(id)).keys_fetched_at !== null, {
    what: expected,
  });

describe('keys that are fetched', () => {
  it('reach every guard; one that the issuer withdraws is gone with the next look, and its successor is there', async () => {
    spec.server.answer = json({ keys: [ecKey('old').jwk] });
    const { id } = await spec.fetched();
    await arrived(id, 'old');
    expect((await spec.shown(id)).last_error).toBeNull();
    spec.server.answer = json({ keys: [ecKey('old').jwk, ecKey('new').jwk] });
    spec.identity.clock.shiftMs += 360_000;
    await waitFor(() => spec.kids(id) === 'old,new', { what: 'both keys' });
    spec.server.answer = json({ keys: [ecKey('new').jwk] });
    spec.identity.clock.shiftMs += 360_000;
    await waitFor(() => spec.kids(id) === 'new', { what: 'the new key alone' });
  });

  it('stay while their issuer is down, which is shown, and are asked for again when somebody is in a hurry', async () => {
    spec.server.answer = json({ keys: [ecKey('kept').jwk] });
    const { id } = await spec.fetched();
    await arrived(id, 'kept');
    const until = spec.record(id)?.keysUntil;
    spec.server.answer = (_request, response) => response.writeHead(503).end();
    spec.identity.clock.shiftMs += 360_000;
    await waitFor(async () => (await spec.shown(id)).last_error === 'jwks/status');
    expect([spec.kids(id), spec.record(id)?.keysUntil]).toEqual(['kept', until]);
    spec.server.answer = json({ keys: [ecKey('next').jwk] });
    spec.identity.clock.shiftMs += 31_000;
    expect((await spec.ada(`POST /v1/issuers/${id}/refresh`)).status).toBe(202);
    await waitFor(() => spec.kids(id) === 'next');
    await waitFor(async () => (await spec.shown(id)).last_error === null);
  });

  it('are asked for once, however many are in a hurry', async () => {
    spec.server.answer = json({ keys: [ecKey('1').jwk] });
    const { id } = await spec.fetched({ jwks_uri: `${spec.server.url}/hurried` });
    await arrived(id, '1');
    const asked = () => spec.server.asked.filter((url) => url === '/hurried').length;
    const before = asked();
    await Promise.all(Array.from({ length: 10 }, () => spec.ada(`POST /v1/issuers/${id}/refresh`)));
    expect(asked()).toBe(before);
    spec.identity.clock.shiftMs += 31_000;
    await waitFor(() => asked() === before + 1);
    await spec.ada(`POST /v1/issuers/${id}/refresh`);
    expect(asked()).toBe(before + 1);
  });

  it('of a set that gives a secret away are not taken', async () => {
    spec.server.answer = json({ keys: [ecKey('good').jwk, { kty: 'oct', k: 'c2VjcmV0', kid: 'bad' }] });
    const { id } = await spec.fetched();
    await waitFor(async () => (await spec.shown(id)).last_error === 'jwks/private-key');
    expect(spec.kids(id)).toBe('');
  });

  it('are found by discovery where no address is given', async () => {
    spec.server.answer = (request, response) => {
      const document = { issuer: `${spec.server.url}/tenant`, jwks_uri: `${spec.server.url}/keys` };
      (request.url?.endsWith('configuration') ? json(document) : json({ keys: [ecKey('found').jwk] }))(
        request,
        response,
      );
    };
    const { id } = await spec.trust({ issuer: `${spec.server.url}/tenant`, jwks: undefined });
    await waitFor(() => spec.kids(id) === 'found');
    expect(spec.server.asked).toContain('/tenant/.well-known/openid-configuration');
  });

  it('of a place that was left are dropped at once', async () => {
    spec.server.answer = json({ keys: [ecKey('1').jwk] });
    const { id } = await spec.fetched();
    await arrived(id, '1');
    const { status, body: got } = await spec.ada(`PATCH /v1/issuers/${id}`, { jwks: { keys: [ecKey('given').jwk] } });
    expect([status, got.keys_from, got.keys_fetched_at]).toEqual([200, 'static', null]);
    await waitFor(() => spec.kids(id) === 'given');
    expect((await spec.ada(`POST /v1/issuers/${id}/refresh`)).body.code).toBe('issuer/nothing-to-fetch');
  });
});
