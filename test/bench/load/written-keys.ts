import { randomBytes } from 'node:crypto';
import { MasterKey, mintKeyText, Peppers, sealUpstreamCredential } from '#libs/access';
import { deriveMacKey, KafkaBus, sealRecord, type OutgoingRecord } from '#libs/bus';
import {
  credentialKey,
  principalKey,
  secretKey,
  tenantKey,
  topics,
  WATERMARK_KEY,
  type TopicSpec,
} from '#libs/contracts';
import { silentLogger } from '#libs/telemetry';

export const KEYS_PER_TENANT = 1_000;
const KEYS_PER_USER = 10;
const BATCH = 2_000;
const BEAT_MS = 1_000;
const at = '2026-01-01T00:00:00.000Z';
const key = () => randomBytes(32).toString('base64');

/** What a gateway must be told to believe the writers. */
export const writersSecrets = () => ({ busKey: key(), masterKey: key(), pepper: `1:${key()}` });
/** A key of a state topic, and what it says. */
export type StateEntry = readonly [key: string, value: object];
export type WritersSecrets = ReturnType<typeof writersSecrets>;

/**
 * Identity and policy, as far as a gateway sees them: what they would have published for that many keys, revisions, and
 * their watermarks. One user has ten keys, one tenant a hundred users; nobody may do anything.
 */
export class Writers {
  private readonly bus: KafkaBus;
  private readonly macKey: ReturnType<typeof deriveMacKey>;
  private readonly peppers: Peppers;
  private readonly master: MasterKey;
  private readonly positions = new Map<string, number>();
  private beat: NodeJS.Timeout | undefined;
  /** Of the last key of each tenant. */
  private readonly texts = new Map<string, string>();

  constructor(brokers: readonly string[], { busKey, pepper, masterKey }: WritersSecrets) {
    this.bus = new KafkaBus({ brokers: [...brokers], clientId: 'bench-writers', logger: silentLogger });
    this.macKey = deriveMacKey(Buffer.from(busKey, 'base64'));
    this.peppers = Peppers.parse(pepper);
    this.master = MasterKey.parse(masterKey);
  }

  /** Makes the topics and goes on saying that somebody writes them, as the services do each second. */
  async open(): Promise<void> {
    const written = [topics.identityState, topics.policyState, topics.policySecrets];
    await this.bus.ensureTopics([...written, topics.gatewayReplicas, topics.gatewayUsage, topics.gatewayDecisions]);
    const all = () => Promise.all(written.map((topic) => this.write(topic, [])));
    await all();
    this.beat = setInterval(() => void all().catch(() => undefined), BEAT_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.beat);
    await this.bus.close();
  }

  /** Answers the text of the last key of each tenant. */
  async keys(count: number, say: (line: string) => void): Promise<readonly string[]> {
    for (let first = 0; first < count; first += BATCH) {
      const records: [string, object][] = [];
      for (let n = first; n < Math.min(first + BATCH, count); n += 1) records.push(...this.owners(n), this.key(n));
      await this.write(topics.identityState, records);
      if ((first / BATCH) % 50 === 49) say(`${first + BATCH} of ${count} keys are written`);
    }
    return [...this.texts.values()];
  }

  /** What an account shows its upstream, sealed for gateways. */
  secret(tenantId: string, account: string, origin: string, value: string): Promise<void> {
    const sealed = sealUpstreamCredential(this.master, { tenantId, account, version: 1, origin }, value);
    return this.write(topics.policySecrets, [[secretKey(tenantId, account, 1), sealed]]);
  }

  /** Documents and heads, as policy's publisher sends what it finds committed: all of them, and then how far it is. */
  policy(records: readonly StateEntry[]): Promise<void> {
    return this.write(topics.policyState, records);
  }

  /** Records of the tenant and the user who come with the n-th key. */
  private owners(n: number): [string, object][] {
    const tenantId = tenantOf(n);
    const records: [string, object][] = [];
    if (n % KEYS_PER_TENANT === 0) records.push([tenantKey(tenantId), { id: tenantId, status: 'active' }]);
    if (n % KEYS_PER_USER !== 0) return records;
    const id = userOf(n);
    const empty = { teams: [], groups: [], labels: {}, ownerTeam: null, operator: false, name: null, email: null };
    return [...records, [principalKey(id), { id, kind: 'user', tenantId, status: 'active', epoch: 1, ...empty }]];
  }

  private key(n: number): [string, object] {
    const { text, keyId } = mintKeyText('pat', 'd');
    this.texts.set(tenantOf(n), text);
    const credential = {
      keyId,
      kind: 'pat',
      tenantId: tenantOf(n),
      ownerId: userOf(n),
      ownerEpoch: 1,
      status: 'active',
      secrets: [{ mac: this.peppers.mac(text), pepperVersion: 1, until: null }],
      restrictions: {},
      labels: {},
      issuedAt: at,
      rotatedAt: null,
      notBefore: null,
      expiresAt: null,
    };
    return [credentialKey(keyId), credential];
  }

  private async write(topic: TopicSpec, records: readonly StateEntry[]): Promise<void> {
    let position = this.positions.get(topic.name) ?? 0;
    const sealed = records.map(([name, value]) => this.sealed(topic, name, value, (position += 1)));
    this.positions.set(topic.name, position);
    await this.bus.publish([...sealed, this.sealed(topic, WATERMARK_KEY, { at: new Date().toISOString() }, position)]);
  }

  private sealed({ name: topic }: TopicSpec, name: string, value: object, position: number): OutgoingRecord {
    const text = Buffer.from(JSON.stringify(value));
    const record = { topic, key: name, value: text, generation: 1, epoch: 1, position };
    const time = new Date().toISOString();
    return sealRecord(this.macKey, record, { id: String(position), source: '/bench', type: 'state', time, schema: 1 });
  }
}

export const tenantOf = (n: number) => `bench-${Math.floor(n / KEYS_PER_TENANT)}`;
export const userOf = (n: number) => `user_${Math.floor(n / KEYS_PER_USER)}`;
