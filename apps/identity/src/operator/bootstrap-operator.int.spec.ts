import { randomBytes } from 'node:crypto';
import { Peppers } from '#libs/access';
import { MemoryBus } from '#libs/bus';
import { openEventStore, type OpenedEventStore } from '#libs/event-store';
import { freshDatabase } from '#libs/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Identity } from '../identity.fixture.js';
import { storeOptions } from '../store-options.js';
import { bootstrapOperator, replaceOperatorKey } from './bootstrap-operator.js';

const secret = () => randomBytes(32).toString('base64');

describe('making the operator', () => {
  let stores: OpenedEventStore[] = [];
  const peppers = Peppers.parse(`1:${secret()}`);

  beforeAll(async () => {
    const settings = { DATABASE_URL: await freshDatabase(), GATEHOUSE_SEAL_KEY: secret(), GATEHOUSE_BUS_KEY: secret() };
    stores = [await openEventStore(storeOptions(settings), new MemoryBus())];
    stores.push(await openEventStore(storeOptions(settings), new MemoryBus()));
  });
  afterAll(() => Promise.all(stores.map((store) => store.close())));

  it('finds nobody to replace before there is one', async () => {
    const [store] = stores as [OpenedEventStore];
    await expect(replaceOperatorKey(store, peppers, new Date())).rejects.toMatchObject({ code: 'operator/not-found' });
  });

  it('works for exactly one of ten who try at once, from two processes', async () => {
    const tries = Array.from({ length: 10 }, (_, i) =>
      bootstrapOperator(stores[i % 2] as OpenedEventStore, peppers, new Date()),
    );
    const results = await Promise.allSettled(tries);
    const made = results.filter(({ status }) => status === 'fulfilled');
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code as string] : []));
    expect(made).toHaveLength(1);
    expect(refused).toEqual(Array.from({ length: 9 }, () => 'operator/exists'));
    const { rows } = { rows: await stores[0]?.em.fork().execute("select type from events where type like '%issued'") };
    expect(rows).toHaveLength(1);
  });
});

describe('replacing the operator’s key', () => {
  const identity = new Identity();
  beforeAll(() => identity.open());
  afterAll(() => identity.close());

  it('revokes every key that the operator had, and the new one works', async () => {
    const { body } = await identity.ask(identity.operator, 'GET /v1/virtual-accounts?tenant=platform');
    const owner = `virtual-account:${body.data[0].id}`;
    const second = await identity.ask(identity.operator, 'POST /v1/api-keys', { name: 'second', owner, kind: 'svc' });
    expect((await identity.ask(second.body.value, 'GET /v1/tenants')).status).toBe(200);
    const key = await replaceOperatorKey(identity.store, identity.peppers, identity.clock.now());
    const position = `identity:${await identity.store.events.position()}`;
    const ask = (text: string) =>
      identity.ask(text, 'GET /v1/tenants', undefined, { 'gatehouse-min-position': position });
    expect((await ask(key)).status).toBe(200);
    expect([(await ask(identity.operator)).status, (await ask(second.body.value)).status]).toEqual([401, 401]);
    await expect(bootstrapOperator(identity.store, identity.peppers, new Date())).rejects.toMatchObject({
      code: 'operator/exists',
    });
  });
});
