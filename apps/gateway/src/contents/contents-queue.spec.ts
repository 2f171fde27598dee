import { deriveMacKey, MemoryBus, verifyRecord, type BusRecord, type PublishedRange } from '#libs/bus';
import { newContentKeyPair, openContents, readKeyPair, type ContentKeyPair } from '#libs/contents';
import { ContentsRecord, topics } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { CallContents } from './call-contents.js';
import { ContentKeyTable } from './content-key-table.js';
import { ContentsQueue } from './contents-queue.js';

const busKey = Buffer.alloc(32, 3);
const topic = topics.gatewayContents;
const id = (n: number) => `0197a1b2-0000-7000-8000-${String(n).padStart(12, '0')}`;
let pair: ContentKeyPair;
beforeAll(async () => {
  pair = await newContentKeyPair();
});

const call = (n: number, text = 'a-marked-prompt', tenantId = 'acme') =>
  new CallContents(
    { tenantId, decisionId: id(n), principalId: 'user_dev', atMs: 1_764_000_000_000 },
    { contentType: 'application/json', body: Buffer.from(text), isForm: false, isMedia: false },
    65_536,
  );

function scene(more: Partial<ConstructorParameters<typeof ContentsQueue>[0]> = {}) {
  const bus = new MemoryBus();
  const keys = new ContentKeyTable();
  const tell = (tenantId: string, publicKey = pair.publicKey) =>
    keys.apply(tenantId, Buffer.from(JSON.stringify({ tenantId, keyId: 'ck_1', publicKey })));
  tell('acme');
  const lost: string[] = [];
  const said: unknown[] = [];
  const queue = new ContentsQueue({
    bus,
    busKey,
    replica: 'g',
    topic,
    keys,
    clock: { nowMs: () => 1 },
    logger: { warn: (...words: unknown[]) => void said.push(words) },
    lost: { add: (amount = 1, labels) => void lost.push(`${amount} ${labels?.['reason']}`) },
    retryMs: 1,
    ...more,
  });
  const records: BusRecord[] = [];
  const reading = async () => {
    await bus.ensureTopics([topic]);
    await bus.replay({ reader: 'spec', topics: [topic.name], onRecords: (read) => void records.push(...read) });
  };
  const published = async (count: number) => {
    if (records.length === 0) await reading();
    await waitFor(() => Promise.resolve(records.length >= count), { what: `${count} records` });
    return records.map((record) => ContentsRecord.parse(JSON.parse(String(record.value))));
  };
  return { bus, queue, lost, said, records, published, tell, keys };
}

describe('contents that were kept', () => {
  it('are published sealed: the tenant’s private key opens them, and nothing else of the record tells of them', async () => {
    const { queue, published, records, lost, bus } = scene();
    queue.add(call(1));
    const [record] = await published(1);
    expect(record).toMatchObject({
      tenantId: 'acme',
      decisionId: id(1),
      keyId: 'ck_1',
      principalId: 'user_dev',
      requestBytes: 15,
      answerBytes: 0,
    });
    if (!record || !records[0]) throw new Error('none was published');
    const opened = await openContents(await readKeyPair(pair), record, record.jwe);
    expect(Buffer.from(opened.request.base64, 'base64').toString()).toBe('a-marked-prompt');
    const bytes = String(records[0].value) + String(records[0].key) + JSON.stringify(records[0].headers);
    for (const form of ['a-marked-prompt', Buffer.from('a-marked-prompt').toString('base64')])
      expect(bytes).not.toContain(form);
    expect(verifyRecord(deriveMacKey(busKey), records[0])).toMatchObject({ ok: true });
    expect([lost, queue.bytes]).toEqual([[], 0]);
    await bus.close();
  });

  it('beyond the bound are dropped, the oldest first, and counted', async () => {
    const large = 'x'.repeat(10_000);
    const { queue, published, lost, bus } = scene({ queueBytesMax: 25_000 });
    for (let n = 1; n <= 5; n += 1) queue.add(call(n, large));
    expect(queue.bytes).toBeLessThanOrEqual(25_000);
    expect(lost).toEqual(['1 queue_full', '1 queue_full', '1 queue_full']);
    expect((await published(2)).map(({ decisionId }) => decisionId).toSorted()).toEqual([id(4), id(5)]);
    await bus.close();
  });

  it('wait for the brokers, and none is lost but beyond the bound; what is said of it says nothing of them', async () => {
    const bus = new MemoryBus();
    let failures = 3;
    const publish = (records: Parameters<MemoryBus['publish']>[0]) =>
      failures-- > 0 ? Promise.reject(new Error('away')) : bus.publish(records);
    const { queue, lost, said } = scene({ bus: { publish, ensureTopics: (specs) => bus.ensureTopics(specs) } });
    queue.add(call(1));
    queue.add(call(2));
    const ends = async () =>
      (await bus.endOffsets([topic.name])).partitions.reduce((sum, { end }) => sum + Number(end), 0);
    await bus.ensureTopics([topic]);
    await waitFor(async () => (await ends()) === 2, { what: 'both to be published' });
    expect([lost, said.length]).toEqual([[], 3]);
    expect(JSON.stringify(said)).not.toContain('marked');
    await queue.close();
    await bus.close();
  });

  it('that come in the very moment in which the ones before are done are not left behind', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      let published = 0;
      const publish = async (): Promise<readonly PublishedRange[]> => {
        published += 1;
        if (published > 1) return [];
        void (async () => {
          for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
          queue.add(call(2));
        })();
        return [];
      };
      const { queue } = scene({ bus: { publish, ensureTopics: () => Promise.resolve() } });
      queue.add(call(1));
      await waitFor(() => Promise.resolve(published === 2), {
        timeoutMs: 5_000,
        what: `the second, after ${turns} turns`,
      });
    }
  });

  it('of a tenant without a key, or with one that is none, are not published', async () => {
    const { queue, published, lost, tell, bus } = scene();
    tell('broken', 'AAAA');
    queue.add(call(1, 'x', 'globex'));
    queue.add(call(2, 'x', 'broken'));
    queue.add(call(3));
    expect((await published(1)).map(({ decisionId }) => decisionId)).toEqual([id(3)]);
    expect(lost).toEqual(['1 no_key', '1 no_key']);
    await bus.close();
  });

  it('are published before a stop, and counted where that is not to be', async () => {
    const { queue, published, bus } = scene();
    for (let n = 1; n <= 100; n += 1) queue.add(call(n));
    await queue.close();
    expect(await published(100)).toHaveLength(100);
    await bus.close();
    const publish = () => Promise.reject(new Error('away'));
    const away = scene({ bus: { publish, ensureTopics: () => Promise.resolve() }, retryMs: 60_000 });
    away.queue.add(call(1));
    await away.queue.close();
    await waitFor(() => Promise.resolve(away.lost.length > 0));
    expect(away.lost).toEqual(['1 stopped']);
  });
});

describe('keys that are told', () => {
  it('are the newest, until they are taken back; a record of another tenant is none', async () => {
    const { keys, tell } = scene();
    tell('acme', (await newContentKeyPair()).publicKey);
    expect(await keys.of('acme')).toMatchObject({ keyId: 'ck_1' });
    keys.apply('globex', Buffer.from(JSON.stringify({ tenantId: 'acme', keyId: 'ck_2', publicKey: pair.publicKey })));
    keys.apply('watermark', Buffer.from('{}'));
    expect([keys.has('acme'), keys.has('globex'), keys.has('watermark')]).toEqual([true, false, false]);
    keys.apply('acme', null);
    expect([keys.has('acme'), await keys.of('acme')]).toEqual([false, undefined]);
  });
});
