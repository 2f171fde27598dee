import { Bus, MemoryBus } from '#libs/bus';
import { waitFor } from '#libs/testing';
import { Global, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { expect, it } from 'vitest';
import { context, keyStoreOptions } from '../contract/opened-store.fixture.js';
import { keyAggregate } from '../contract/key-aggregate.fixture.js';
import { EventStore } from '../event-store.js';
import { ProjectionRunner } from '../projections/projection-runner.js';
import { Publication } from '../publication/publication.js';
import { SubjectKeys } from '../sealing/subject-keys.js';
import { EventStoreModule } from './event-store.module.js';

@Injectable()
class Keys {
  constructor(
    readonly events: EventStore,
    readonly subjectKeys: SubjectKeys,
    readonly publication: Publication,
    readonly projections: ProjectionRunner,
    readonly em: EntityManager,
  ) {}
}

@Global()
@Module({ providers: [{ provide: Bus, useClass: MemoryBus }], exports: [Bus] })
class BusModule {}

it('gives a service its store, publishes while the service runs, and ends with it', async () => {
  const options = await keyStoreOptions();
  const module = await Test.createTestingModule({
    imports: [BusModule, EventStoreModule.forRoot(options)],
    providers: [Keys],
  }).compile();
  await module.init();
  const { events, subjectKeys, publication, projections, em } = module.get(Keys);
  const keys = keyAggregate(`${options.service}.state.v1`);
  const name = await subjectKeys.seal('user_1', 'Ada');
  const issued = await events.execute(keys, 'k1', { do: 'issue', keyId: 'k1', name }, { context });
  expect(await publication.reached(issued.position, 5000)).toBe(true);
  expect(publication.status()).toMatchObject({ role: 'active', position: 1, lastError: null });
  expect(projections.failing().size).toBe(0);
  const { rows } = await sql`select key_id, name from key_list_v1`.execute(em.getKysely());
  expect(rows).toEqual([{ key_id: 'k1', name: 'Ada' }]);
  expect(await em.fork().execute('select name from key_list_v1 where key_id = ?', ['k1'])).toEqual([{ name: 'Ada' }]);
  await module.close();
  await waitFor(() => publication.status().role === 'stopped');
});
