import { deriveMacKey, KeyedPlaces, sealRecord, StateFeed, type Bus } from '#libs/bus';
import { readPublicKey, sealContents, type KeptContents } from '#libs/contents';
import { ContentKeyRecord, contentsKey, topics, WATERMARK_KEY, type ContentsRecord } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { v7 } from 'uuid';
import type { SpecSource } from '../audit.fixture.js';

export const piece = (text: string | Buffer, more: Partial<KeptContents['request']> = {}): KeptContents['request'] => ({
  contentType: 'application/json',
  bytes: text.length,
  omitted: null,
  isTruncated: false,
  base64: Buffer.from(text).toString('base64'),
  ...more,
});

/** What a gateway knows of keys, and writes of calls. */
export class GatewayTwin {
  /** The keys of which it has heard, by tenant. */
  readonly heard = new Map<string, ContentKeyRecord>();
  private readonly macKey;
  private position = 0;

  constructor(
    private readonly bus: Bus,
    private readonly source: SpecSource,
    busKey: Uint8Array,
  ) {
    this.macKey = deriveMacKey(busKey);
  }

  async follow(): Promise<void> {
    const feed = new StateFeed({
      bus: this.bus,
      topic: topics.auditContentKeys.name,
      reader: 'spec',
      macKey: this.macKey,
      places: new KeyedPlaces(),
      apply: (key, value) => {
        if (value === null) this.heard.delete(key);
        else if (key !== WATERMARK_KEY) this.heard.set(key, ContentKeyRecord.parse(JSON.parse(value.toString())));
      },
    });
    await feed.start();
  }

  /** A call of acme's, sealed by the key that was heard of; nothing is published. */
  async call(contents: KeptContents, more: Partial<ContentsRecord> = {}): Promise<ContentsRecord> {
    const held = this.heard.get('acme');
    if (!held) throw new Error('no key was told');
    const place = { tenantId: held.tenantId, decisionId: v7(), keyId: held.keyId };
    const jwe = await sealContents(await readPublicKey(held.publicKey), place, contents);
    const facts = { at: new Date().toISOString(), principalId: 'user_dev', requestBytes: 1, answerBytes: 1 };
    return { ...place, ...facts, isTruncated: false, jwe, ...more };
  }

  /** Resolves when audit has stored them, or passed them over. */
  async publish(...records: readonly ContentsRecord[]): Promise<void> {
    await this.bus.publish(records.map((value) => this.recordOf(value)));
    const { contents, contentsGroup } = this.source;
    const isRead = async () => {
      const offsets = await this.bus.committedOffsets(contentsGroup, [contents.name]);
      const { partitions } = await this.bus.endOffsets([contents.name]);
      const at = new Map(offsets.map(({ partition, offset }) => [partition, offset]));
      return partitions.every(({ partition, end }) => end === (at.get(partition) ?? 0n));
    };
    await waitFor(isRead, { timeoutMs: 30_000, what: 'contents to be stored' });
  }

  private recordOf(value: ContentsRecord) {
    this.position += 1;
    const place = { generation: 0, epoch: 1, position: this.position };
    const bytes = Buffer.from(JSON.stringify(value));
    const record = { topic: this.source.contents.name, key: contentsKey(value), value: bytes, ...place };
    const envelope = { id: v7(), source: '/gateway/g', type: 'gateway.contents', time: value.at, schema: 1 };
    return sealRecord(this.macKey, record, envelope);
  }
}
