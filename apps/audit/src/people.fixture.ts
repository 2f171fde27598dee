import { createHash, randomBytes } from 'node:crypto';
import { mintKeyText, parseKeyText, Peppers } from '#libs/access';
import { deriveMacKey, sealRecord, type Bus } from '#libs/bus';
import {
  credentialKey,
  documentKey,
  headKey,
  principalKey,
  setDigestInput,
  tenantKey,
  topics,
  WATERMARK_KEY,
  type TopicSpec,
} from '#libs/contracts';
import { canonicalJson } from '#libs/policy-language';

const at = '2026-01-01T00:00:00.000Z';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const who = {
  ada: { id: 'user_ada', tenantId: 'acme', role: 'admin' },
  dev: { id: 'user_dev', tenantId: 'acme', role: 'developer' },
  ana: { id: 'user_ana', tenantId: 'acme', role: 'analyst' },
  con: { id: 'user_con', tenantId: 'acme', role: undefined },
  gil: { id: 'user_gil', tenantId: 'globex', role: 'admin' },
  operator: { id: 'va_operator', tenantId: 'platform', role: undefined },
} as const;
export type Person = keyof typeof who;

/** A limit of acme's that wants to be told of when half of it is used up. */
const monthly = {
  apiVersion: 'gatehouse/v1',
  kind: 'Limits' as const,
  metadata: { name: 'spec', tenant: 'acme' },
  spec: { rules: [{ id: 'month', when: {}, limit: 200, unit: 'requests_per_month', alertsAtPercent: [50, 90] }] },
};

/** Two tenants, an operator and their rights, on state topics of one spec. */
export class People {
  readonly busKey = randomBytes(32);
  readonly topics: { identityState: TopicSpec; policyState: TopicSpec; replicas: TopicSpec };
  private readonly pepper = `1:${randomBytes(32).toString('base64')}`;
  readonly peppers = Peppers.parse(this.pepper);
  private readonly keys = new Map<Person, string>();
  private readonly positions = new Map<string, number>();
  private beat: NodeJS.Timeout | undefined;

  constructor(
    private readonly bus: Bus,
    suffix: string,
    /** TenantSettings of acme. */
    private readonly settings: object | undefined = undefined,
  ) {
    const own = (spec: TopicSpec): TopicSpec => ({ ...spec, name: `${spec.name}.${suffix}` });
    this.topics = {
      identityState: own(topics.identityState),
      policyState: own(topics.policyState),
      replicas: own(topics.gatewayReplicas),
    };
  }

  /** Publishes everybody, and goes on as a live writer until closed. */
  async open(): Promise<void> {
    const { identityState, policyState } = this.topics;
    await this.bus.ensureTopics(Object.values(this.topics));
    for (const id of ['acme', 'globex']) await this.write(identityState, { [tenantKey(id)]: { id, status: 'active' } });
    for (const person of Object.keys(who) as Person[]) await this.join(person);
    for (const tenant of ['acme', 'globex']) await this.bind(tenant);
    const alive = () => Promise.all([identityState, policyState].map((topic) => this.write(topic, {})));
    this.beat = setInterval(() => void alive().catch(() => undefined), 1_000);
  }

  close(): void {
    clearInterval(this.beat);
  }

  bearer(person: Person): { authorization: string } {
    return { authorization: `Bearer ${this.keys.get(person)}` };
  }

  keyId(person: Person): string {
    return parseKeyText(this.keys.get(person) ?? '')?.keyId ?? '';
  }

  /** Whatever else identity would say. */
  say(records: Readonly<Record<string, object>>): Promise<void> {
    return this.write(this.topics.identityState, records);
  }

  private async join(person: Person): Promise<void> {
    const { id, tenantId } = who[person];
    const isOperator = person === 'operator';
    const { text, keyId } = mintKeyText(isOperator ? 'svc' : 'pat', 'd');
    this.keys.set(person, text);
    const kind = isOperator ? 'virtual-account' : 'user';
    const empty = { teams: [], groups: [], labels: {}, ownerTeam: null, email: null };
    const name = isOperator ? 'operator' : null;
    const principal = { id, kind, tenantId, status: 'active', epoch: 1, name, operator: isOperator, ...empty };
    const dates = { issuedAt: at, rotatedAt: null, notBefore: null, expiresAt: null };
    const credential = {
      keyId,
      kind: isOperator ? 'svc' : 'pat',
      tenantId,
      ownerId: id,
      ownerEpoch: 1,
      status: 'active',
      secrets: [{ mac: this.peppers.mac(text), pepperVersion: 1, until: null }],
      restrictions: {},
      labels: {},
      ...dates,
      // Nobody takes con's new texts.
      ...(person === 'con' && { rotationFailing: { sink: 'vault', since: at } }),
    };
    await this.write(this.topics.identityState, { [principalKey(id)]: principal, [credentialKey(keyId)]: credential });
  }

  private async bind(tenant: string): Promise<void> {
    const bindings = Object.entries(who).flatMap(([name, { id, tenantId, role }]) => {
      if (tenantId !== tenant || !role) return [];
      const spec = {
        subjects: [`user:${id}`],
        roles: [role],
        ...(role === 'analyst' && { resources: ['model:local/*'] }),
      };
      return { apiVersion: 'gatehouse/v1', kind: 'RoleBinding' as const, metadata: { name, tenant }, spec };
    });
    const kind = 'TenantSettings' as const;
    const settings = { apiVersion: 'gatehouse/v1', kind, metadata: { name: 'settings', tenant }, spec: this.settings };
    const own = [monthly, ...(this.settings ? [settings] : [])];
    const documents = [...bindings, ...(tenant === 'acme' ? own : [])];
    const digested = documents.map((document) => {
      const { kind, metadata } = document;
      return { document, kind, name: metadata.name, digest: sha256(canonicalJson(document)) };
    });
    const records = digested.map(
      ({ document, kind, name, digest }) => [documentKey(tenant, kind, name, 1), { document, digest }] as const,
    );
    const setDigest = sha256(setDigestInput(digested));
    const head = { tenantId: tenant, revision: 1, former: 0, documentCount: documents.length, setDigest, at };
    await this.write(this.topics.policyState, { ...Object.fromEntries(records), [headKey(tenant)]: head });
  }

  private async write(topic: TopicSpec, records: Readonly<Record<string, object>>): Promise<void> {
    let position = this.positions.get(topic.name) ?? 0;
    const seal = (key: string, value: object, place: number) => {
      const bytes = Buffer.from(JSON.stringify(value));
      const record = { topic: topic.name, key, value: bytes, generation: 1, epoch: 1, position: place };
      const time = new Date().toISOString();
      return sealRecord(deriveMacKey(this.busKey), record, {
        id: `${place}`,
        source: '/spec',
        type: 'state',
        time,
        schema: 1,
      });
    };
    const sealed = Object.entries(records).map(([key, value]) => seal(key, value, (position += 1)));
    this.positions.set(topic.name, position);
    await this.bus.publish([...sealed, seal(WATERMARK_KEY, { at: new Date().toISOString() }, position)]);
  }
}
