import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { KeySeal } from './key-seal.js';
import { publishedUntil, PUBLISHED_AHEAD_SECONDS, SIGNING_SECONDS } from './key-times.js';
import { SigningKeyTable } from './signing-key-table.js';
import { SigningKeys } from './signing-keys.js';

const identity = new Identity();
let people: Awaited<ReturnType<Identity['tenants']>>;
const keys = () => identity.app.get(SigningKeys, { strict: false });
const table = () => identity.app.get(SigningKeyTable, { strict: false });
const now = () => identity.clock.nowMs();
const standing = () =>
  keys()
    .published()
    .map(({ kid, status }) => [kid, status]);

beforeAll(async () => {
  await identity.open();
  people = await identity.tenants();
});
afterAll(() => identity.close());

/** `kid`s of the last record of our own issuer on the topic. */
function told(): string[] {
  const lines = identity.topicText(topics.identityState.name).split('\n');
  const last = lines.findLast((line) => line.startsWith('issuer/gatehouse '));
  return [...(last ?? '').matchAll(/"kid":"([\w-]{43})","algorithm"/g)].map(([, kid]) => kid ?? '');
}

describe('the routes of signing keys', () => {
  it('show every key without its private part, and make the next one', async () => {
    const list = await identity.ask(identity.operator, 'GET /v1/signing-keys');
    const [only] = list.body.data;
    expect(list.body.data).toHaveLength(1);
    expect(only).toMatchObject({ object: 'signing_key', status: 'signing', algorithm: 'ES256', published_until: null });
    const { status, body } = await identity.ask(identity.operator, 'POST /v1/signing-keys/rotate', {});
    expect([status, body.propagation]).toEqual([200, 'published']);
    expect(body.data).toMatchObject([{ id: only.id, status: 'signing' }, { status: 'next' }]);
    expect(told()).toEqual(body.data.map(({ id }: { id: string }) => id));
    expect(JSON.stringify([list.body, body])).not.toMatch(/"d":|sealed/);
  });

  it('are the operator’s: 404 for an administrator, 401 for nobody, 400 for what is not theirs to say', async () => {
    for (const route of ['GET /v1/signing-keys', 'POST /v1/signing-keys/rotate']) {
      const body = route.startsWith('POST') ? {} : undefined;
      expect((await identity.ask(people.ada.key, route, body)).status).toBe(404);
      expect((await identity.ask(undefined, route, body)).status).toBe(401);
    }
    const odd = await identity.ask(identity.operator, 'POST /v1/signing-keys/rotate', { kid: 'mine' });
    expect(odd.status).toBe(400);
  });
});

describe('the keys that tokens are signed with', () => {
  it('are kept with their private part sealed, in no event and on no topic', async () => {
    const everything = [
      JSON.stringify(await identity.rows('select * from signing_keys_v1')),
      JSON.stringify(await identity.rows('select * from events')),
      identity.topicText(topics.identityState.name),
      identity.topicText(topics.identityEvents.name),
    ].join();
    for (const { privateJwk } of keys().published()) {
      expect(privateJwk['d']).toMatch(/^[\w-]{43}$/);
      expect(everything).not.toContain(privateJwk['d']);
    }
  });

  it('open with the configured secret only, and only in their own row', async () => {
    const [row] = await identity.rows<{ kid: string; sealed: string }>('select kid, sealed from signing_keys_v1');
    const seal = new KeySeal(Buffer.from(identity.settings.GATEHOUSE_SIGNING_KEY, 'base64'));
    expect(seal.open(row?.kid ?? '', row?.sealed ?? '')).toHaveProperty('d');
    expect(() => seal.open('another', row?.sealed ?? '')).toThrow();
    expect(() => new KeySeal(Buffer.alloc(32, 5)).open(row?.kid ?? '', row?.sealed ?? '')).toThrow();
  });

  it('are known to every guard before they sign, and verify until their last token has expired', async () => {
    const [first, next] = keys().published();
    expect(told()).toEqual([first?.kid, next?.kid]);
    identity.clock.shiftMs += PUBLISHED_AHEAD_SECONDS * 1000;
    expect(standing()).toEqual([
      [next?.kid, 'signing'],
      [first?.kid, 'retired'],
    ]);
    identity.clock.shiftMs += publishedUntil(0);
    expect(standing()).toEqual([[next?.kid, 'signing']]);
    await keys().rotate('scheduled');
    await waitFor(() => told().join() === next?.kid);
  });

  it('are not rotated twice while the next one waits, nor made twice by replicas at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => table().rotate('soon', now())));
    await keys().rotate('soon');
    expect(standing().map(([, status]) => status)).toEqual(['signing', 'next']);
  });

  it('rotate by themselves when their time has come', async () => {
    identity.clock.shiftMs += SIGNING_SECONDS * 1000;
    const [, newest] = (await table().rotate('scheduled', now())).toSorted((a, b) => a.signsFromMs - b.signsFromMs);
    expect(newest?.signsFromMs).toBeGreaterThan(now() + (PUBLISHED_AHEAD_SECONDS - 60) * 1000);
  });

  it('end at once, all of them, when one is compromised', async () => {
    const before = keys()
      .published()
      .map(({ kid }) => kid);
    await keys().rotate('compromised');
    const after = standing();
    expect(after).toEqual([[expect.any(String), 'signing']]);
    expect(before).not.toContain(after[0]?.[0]);
    await waitFor(() => told().join() === after[0]?.[0]);
    expect(await identity.rows('select kid from signing_keys_v1')).toHaveLength(1);
  });
});
