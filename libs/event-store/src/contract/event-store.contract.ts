import { DomainError } from '#libs/decider';
import { beforeAll, describe, expect, it } from 'vitest';
import { step } from '../event-store.js';
import { KeyUsed } from './key-aggregate.fixture.js';
import { context, issue, revoke, use, type KeyStore } from './opened-store.fixture.js';

/** What every event store must do; `open` gives one of the spec's keys with a working clock, publisher or not. */
export function eventStoreContract(name: string, open: () => Promise<KeyStore>): void {
  describe(`${name} as an event store`, () => {
    let store: KeyStore;
    beforeAll(async () => {
      store = await open();
    });
    const refusal = (code: string) => expect.objectContaining({ name: 'DomainError', code });

    it('gives the events of a command dense versions, and loads the state that they fold to', async () => {
      await issue(store, 'k1');
      const used = await use(store, 'k1');
      expect(used).toMatchObject({ version: 2, state: { status: 'active', uses: 1 } });
      expect(used.events).toEqual([
        expect.objectContaining({ ...context, stream: 'spec.key-k1', streamVersion: 2, position: used.position }),
      ]);
      expect(await store.events.load(store.keys, 'k1')).toEqual({ state: used.state, version: 2 });
      expect(await store.events.load(store.keys, 'nobody')).toEqual({
        state: { status: 'absent', uses: 0 },
        version: 0,
      });
    });

    it('appends nothing for a command that changes nothing, and answers the store’s position', async () => {
      await issue(store, 'k2');
      const revoked = await revoke(store, 'k2');
      expect(await revoke(store, 'k2')).toMatchObject({ events: [], version: 2, position: revoked.position });
    });

    it('gives one of two writers on one expected version success', async () => {
      await issue(store, 'k3');
      const attempt = (by: string) =>
        store.events.execute(store.keys, 'k3', { do: 'use', keyId: 'k3', by }, { context, expectedVersion: 1 });
      const outcomes = await Promise.allSettled([attempt('one'), attempt('two')]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(outcomes).toContainEqual({ status: 'rejected', reason: refusal('precondition/failed') });
      expect((await store.events.load(store.keys, 'k3')).version).toBe(2);
    });

    it('decides again when another writer was faster', async () => {
      await issue(store, 'k4');
      await Promise.all(Array.from({ length: 4 }, (_, n) => use(store, 'k4', `writer ${n}`)));
      expect((await store.events.load(store.keys, 'k4')).state.uses).toBe(4);
    });

    it('lets a name have one holder, and lets it go', async () => {
      const named = (keyId: string, command: 'revoke' | 'use') =>
        store.events.execute(
          store.keys,
          keyId,
          { do: command, keyId, by: '' },
          {
            context,
            reserve: () => (command === 'use' ? [{ scope: 'names', name: 'the-one' }] : []),
            release: () => (command === 'revoke' ? [{ scope: 'names', name: 'the-one' }] : []),
          },
        );
      await issue(store, 'k5');
      await issue(store, 'k6');
      await named('k5', 'use');
      await named('k5', 'use');
      await expect(named('k6', 'use')).rejects.toEqual(refusal('name/taken'));
      expect((await store.events.load(store.keys, 'k6')).version).toBe(1);
      await named('k5', 'revoke');
      await named('k6', 'use');
    });

    it('executes several commands as one transaction, all or none', async () => {
      await issue(store, 'k7');
      const useIt = (keyId: string) => step(store.keys, keyId, { do: 'use', keyId, by: 'both' });
      const both = await store.events.executeAll([useIt('k7'), useIt('k7')], { context });
      expect(both.outcomes.map(({ version }) => version)).toEqual([2, 3]);
      const refused = store.events.executeAll([useIt('k7'), useIt('absent')], { context });
      await expect(refused).rejects.toEqual(refusal('key/not-active'));
      const taken = new DomainError('key/name-taken', 'taken');
      const clash = step(
        store.keys,
        'k7',
        { do: 'use', keyId: 'k7', by: '' },
        {
          reserve: () => [{ scope: 'names', name: 'the-one', refusal: taken }],
        },
      );
      await expect(store.events.executeAll([useIt('k7'), clash], { context })).rejects.toBe(taken);
      expect((await store.events.load(store.keys, 'k7')).version).toBe(3);
    });

    it('reads events in the order of their positions, all or of some types', async () => {
      const { events } = await issue(store, 'k8');
      const [issued] = await store.events.read({ afterPosition: (events[0]?.position ?? 0) - 1, limit: 1 });
      expect(issued?.event).toEqual(events[0]?.event);
      const used = await store.events.read({ afterPosition: 0, types: [KeyUsed.type], limit: 2 });
      expect(used.map(({ event }) => event.type)).toEqual([KeyUsed.type, KeyUsed.type]);
    });
  });
}
