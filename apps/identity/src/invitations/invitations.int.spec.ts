import { topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../identity.fixture.js';
import { rooms } from '../lists/tenant-room.js';
import { EndedInvitations } from './ended-invitations.js';
import { codeOf, Invitations, notHeld, password } from './invitations.fixture.js';

const invitations = new Invitations();
const { identity } = invitations;
let people: Invitations['people'];
let desk: Invitations['desk'];
const asAda = invitations.asAda.bind(invitations);
const invited = invitations.invited.bind(invitations);
const accept = invitations.accept.bind(invitations);
const tidy = () => identity.app.get(EndedInvitations, { strict: false }).tidy();

beforeAll(async () => {
  await invitations.open();
  ({ people, desk } = invitations);
});
afterAll(() => identity.close());

describe('POST /v1/invitations', () => {
  it('is 201 with a token that is shown once: not again, and not under the same Idempotency-Key', async () => {
    const sent = { email: 'Ann@acme.example', display_name: 'Ann Guest', teams: ['crew'], labels: { desk: '4b' } };
    const first = await asAda('POST /v1/invitations', sent, { 'idempotency-key': 'ann' });
    const { token, ...shown } = first.body;
    invitations.tokens.push(token);
    expect(first.status).toBe(201);
    expect(token).toMatch(/^ghi_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/);
    expect(shown).toMatchObject({
      email: 'ann@acme.example',
      teams: ['crew'],
      status: 'open',
      invited_by: people.ada.id,
    });
    expect(Date.parse(shown.expires_at) - Date.parse(shown.created_at)).toBe(7 * 86_400_000);
    const again = await asAda('POST /v1/invitations', sent, { 'idempotency-key': 'ann' });
    expect([again.status, again.body]).toEqual([201, shown]);
    const read = await asAda(`GET /v1/invitations/${shown.id}`);
    expect([read.status, read.body, read.headers['etag']]).toEqual([200, shown, '"1"']);
    expect((await asAda(`DELETE /v1/invitations/${shown.id}`)).status).toBe(200);
  });

  it.each([
    ['no address', { email: 'nobody' }],
    ['a life of more than 30 days', { expires_in_seconds: 2_592_001 }],
    ['a team twice', { teams: ['crew', 'crew'] }],
    ['more than it knows', { operator: true }],
  ])('is 400 for %s', async (_what, body) => {
    expect((await invited(body)).status).toBe(400);
  });

  it('is 422 while as many are open as a tenant may have; those that have ended do not count', async () => {
    const { max } = rooms.openInvitations;
    const run = (text: string) => identity.rows(text);
    const fill = (status: string) => `insert into invitation_list_v1 (id, tenant_id, version, position, body)
      select 'fill_' || n, 'acme', 1, n, jsonb_build_object('status', '${status}') from generate_series(1, ${max}) as n`;
    try {
      await run(fill('accepted'));
      expect((await invited()).status).toBe(201);
      await run("update invitation_list_v1 set body = jsonb_build_object('status', 'open') where id like 'fill_%'");
      expect(codeOf(await invited())).toEqual([422, 'invitation/too-many']);
    } finally {
      await run("delete from invitation_list_v1 where id like 'fill_%'");
    }
  });

  it('is 401 for nobody, 403 without the right, 404 for a team that is not there and for another tenant', async () => {
    expect((await identity.ask(undefined, 'POST /v1/invitations', { email: 'x@acme.example' })).status).toBe(401);
    expect((await invited({}, people.con.key)).status).toBe(403);
    expect((await invited({ teams: ['no-such-team'] }, people.con.key)).status).toBe(403);
    expect((await invited({ teams: ['no-such-team'] })).status).toBe(404);
    expect((await invited({ tenant: 'globex' })).status).toBe(404);
  });

  it('says nothing of whether the address is registered', async () => {
    const [known, unknown] = [await invited({ email: 'con@acme.example' }), await invited()];
    const shape = ({ status, body }: Answer) => [status, Object.keys(body), body.status];
    expect(shape(known)).toEqual(shape(unknown));
  });

  it('is 403 for whoever would give more than they hold: by a team, by a label, by a narrowed key', async () => {
    expect(await invited({ teams: ['admins'] }, desk.key)).toMatchObject(notHeld);
    expect(await invited({ labels: { clearance: 'high' } }, desk.key)).toMatchObject(notHeld);
    expect((await invited({ teams: ['stagers'], labels: { desk: '1' } }, desk.key)).status).toBe(201);
    const statements = [{ actions: ['user:create', 'team:edit'], resources: ['user:**', 'team:**'] }];
    const sent = { name: 'narrow', owner: `user:${people.ada.id}`, restrictions: { statements } };
    const narrow = (await asAda('POST /v1/api-keys', sent)).body.value;
    expect(await invited({ teams: ['stagers'] }, narrow)).toMatchObject(notHeld);
  });
});

describe('GET and DELETE /v1/invitations', () => {
  it('lists page by page and by status, to those who may see users', async () => {
    for (let i = 0; i < 4; i += 1) await invited();
    const all = await identity.pages(people.ada.key, '/v1/invitations', 3);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const open = (await asAda('GET /v1/invitations?status=open&limit=100')).body.data;
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThan(all.length);
    expect((await asAda('GET /v1/invitations?status=lost')).status).toBe(400);
    expect((await identity.ask(people.con.key, 'GET /v1/invitations')).status).toBe(403);
    const foreign = (await identity.ask(people.gil.key, 'GET /v1/invitations')).body.data as { id: string }[];
    const acmes = new Set(all.map(({ id }) => id));
    expect(foreign.filter(({ id }) => acmes.has(id))).toEqual([]);
  });

  it('is 404 for another tenant’s, 403 without the right, 412 for another version, 428 for none', async () => {
    const { id } = await invited();
    const remove = (key: string, headers = {}) => identity.ask(key, `DELETE /v1/invitations/${id}`, undefined, headers);
    expect((await remove(people.gil.key)).status).toBe(404);
    expect((await identity.ask(people.gil.key, `GET /v1/invitations/${id}`)).status).toBe(404);
    expect((await remove(people.con.key)).status).toBe(403);
    expect((await remove(people.ada.key, { 'if-match': '"7"' })).status).toBe(412);
    expect((await remove(people.ada.key, { 'if-match': undefined })).status).toBe(428);
    expect((await remove(people.ada.key, { 'if-match': '"1"' })).body).toMatchObject({
      status: 'withdrawn',
      email: null,
    });
    expect((await remove(people.ada.key)).body.status).toBe('withdrawn');
  });

  it('is 409 for one that was accepted', async () => {
    const { id, token } = await invited();
    await accept(token);
    expect(codeOf(await asAda(`DELETE /v1/invitations/${id}`))).toEqual([409, 'invitation/accepted']);
  });
});

describe('what is kept', () => {
  it('of tokens is a MAC, and of whoever was invited nothing once the invitation is over', async () => {
    const [over, torn] = [await invited(), await invited()];
    await asAda(`DELETE /v1/invitations/${over.id}`);
    // A process that dies after the event leaves the key.
    await asAda(`DELETE /v1/invitations/${torn.id}`);
    await identity.store.subjectKeys.seal(torn.id, 'as if the key had never gone');
    await tidy();
    const left = `select 1 from subject_keys where subject_id in ('${over.id}', '${torn.id}')`;
    expect(await identity.rows(left)).toEqual([]);
    const published = () => identity.topicText(topics.identityEvents.name);
    await waitFor(() => published().split('identity.invitation.withdrawn').length > 3);
    const tables = await identity.rows<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'identity'`,
    );
    const texts = tables.map(async ({ name }) => JSON.stringify(await identity.rows(`select * from "${name}"`)));
    const kept = [...(await Promise.all(texts)), published(), JSON.stringify(identity.records)].join('\n');
    expect(invitations.tokens.length).toBeGreaterThan(5);
    const secrets = invitations.tokens.map((token) => token.split('_')[2] ?? token);
    expect([...secrets, over.email, torn.email, password].filter((secret) => kept.includes(secret))).toEqual([]);
    expect(kept).toContain(over.id);
  });
});
