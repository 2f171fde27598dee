import { randomBytes } from 'node:crypto';
import { AccessFeed, Peppers } from '#libs/access';
import { deriveMacKey, MemoryBus, sealRecord } from '#libs/bus';
import { AccessDecided, topics, type TopicSpec } from '#libs/contracts';
import { EventStore, ProjectionRunner, PUBLISHED_WAIT_MS, SubjectKeys } from '#libs/event-store';
import { createService } from '#libs/http';
import { holdAnswers } from '#libs/openapi';
import { ensureCommonTopics } from '#libs/service';
import { Clock, silentLogger } from '#libs/telemetry';
import { freshDatabase, waitFor } from '#libs/testing';
import { EntityManager } from '@mikro-orm/postgresql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { IdentityModule } from './app.module.js';
import { bootstrapOperator } from './operator/bootstrap-operator.js';
import type { RotationSinkSettings } from './rotations/rotation-sinks.js';
import { PolicyState, type Document, type Grant } from './policy-state.fixture.js';

/** What is sent with `If-Match`. */
const CONDITIONAL: ReadonlySet<string> = new Set(['PATCH', 'PUT', 'DELETE']);
const secret = () => randomBytes(32).toString('base64');

/** The real time, and whatever a spec adds to it. */
export class ShiftedClock extends Clock {
  shiftMs = 0;
  override nowMs() {
    return Date.now() + this.shiftMs;
  }
  override monotonicMs() {
    return performance.now();
  }
}

export type Answer = {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a route answers is what the spec is about
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Identity in this process: real PostgreSQL, the bus's twin, every decision kept in a list. */
export class Identity {
  readonly bus = new MemoryBus();
  readonly busKey = randomBytes(32);
  readonly clock = new ShiftedClock();
  readonly records: AccessDecided[] = [];
  /** Decision ids as they were answered. */
  readonly answered: string[] = [];
  readonly policy = new PolicyState(this.bus, this.busKey, () => this.clock.nowIso());
  readonly publicUrl = 'http://identity.test';
  readonly settings = {
    GATEHOUSE_PUBLIC_URL: this.publicUrl,
    GATEHOUSE_RESOURCES: ['http://gateway.test', this.publicUrl, 'http://policy.test', 'http://audit.test'],
    GATEHOUSE_PEPPER: `1:${secret()}`,
    GATEHOUSE_SEAL_KEY: secret(),
    GATEHOUSE_SIGNING_KEY: secret(),
    GATEHOUSE_EGRESS_ALLOW: ['127.0.0.1'],
    GATEHOUSE_ROTATION_SINKS: {} as RotationSinkSettings,
    GATEHOUSE_BUS_KEY: this.busKey.toString('base64'),
  };
  readonly peppers = Peppers.parse(this.settings.GATEHOUSE_PEPPER);
  databaseUrl = '';
  app!: NestFastifyApplication;
  operator = '';
  private readonly positions = new Map<string, number>();
  private readonly grants = new Map<string, Grant[]>();
  private readonly documents = new Map<string, readonly Document[]>();

  async open(): Promise<this> {
    this.databaseUrl = await freshDatabase('identity');
    const resources = {
      service: 'identity' as const,
      replica: 'identity-1',
      logger: silentLogger,
      clock: this.clock,
      bus: this.bus,
      spool: this.spool() as never,
      peppers: this.peppers,
      busKey: this.busKey,
      publicUrl: this.publicUrl,
      close: () => Promise.resolve(),
    };
    await ensureCommonTopics(resources);
    await this.bus.ensureTopics([topics.auditKeyUses, topics.auditFindings, topics.policyOnboardings]);
    const config = { ...this.settings, DATABASE_URL: this.databaseUrl };
    const app = await createService(IdentityModule.of(config as never, resources), {
      service: 'identity',
      port: 0,
      logger: silentLogger,
      clock: this.clock,
    });
    this.app = holdAnswers(app);
    this.operator = await bootstrapOperator(this.store, this.peppers, this.clock.now());
    for (const tenant of ['platform', 'acme', 'globex']) await this.policy.bind(tenant, []);
    await waitFor(async () => (await this.ask(this.operator, 'GET /v1/tenants')).status === 200);
    return this;
  }

  get store() {
    return {
      events: this.app.get(EventStore, { strict: false }),
      subjectKeys: this.app.get(SubjectKeys, { strict: false }),
      em: this.app.get(EntityManager, { strict: false }),
      projections: this.app.get(ProjectionRunner, { strict: false }),
    };
  }

  /** Lets time pass for the service and for whoever publishes policy to it; answers once the service is fresh again. */
  async pass(ms: number): Promise<void> {
    this.clock.shiftMs += ms;
    await this.policy.beat();
    await waitFor(async () => (await this.ask(this.operator, 'GET /v1/tenants')).status === 200);
  }

  /** A user with a role and a key; answers the id and the key's text. */
  async person(tenant: string, email: string, role?: string) {
    const user = await this.made('POST /v1/users', { tenant, email });
    const id: string = user.body.id;
    if (role) await this.grant(tenant, { name: email.split('@')[0] ?? '', subject: `user:${id}`, role });
    const { body } = await this.made('POST /v1/api-keys', { tenant, name: 'pat', owner: `user:${id}` });
    return { id, key: body.value as string, keyId: body.id as string };
  }

  /** What a spec begins with must be there: the operator asks again while the service is stale, as it is on a busy machine. */
  private async made(route: string, body: object): Promise<Answer> {
    return waitFor(async () => {
      const answer = await this.ask(this.operator, route, body);
      if (answer.status !== 201) throw new Error(`${route} is answered ${answer.status}: ${answer.text}`);
      return answer;
    });
  }

  async grant(tenant: string, grant: Grant): Promise<void> {
    const grants = [...(this.grants.get(tenant) ?? []), grant];
    this.grants.set(tenant, grants);
    this.remember(await this.policy.bind(tenant, grants, this.documents.get(tenant)));
  }

  /** The tenant's documents beside its bindings, from now on. */
  async publish(tenant: string, documents: readonly Document[]): Promise<void> {
    this.documents.set(tenant, documents);
    this.remember(await this.policy.bind(tenant, this.grants.get(tenant) ?? [], documents));
  }

  /**
   * Asks with the last position that was answered, so that what was just written holds; and changes whatever version
   * there is, unless a spec says which (`if-match`; undefined sends none).
   */
  async ask(key: string | undefined, route: string, body?: unknown, headers: Record<string, string | undefined> = {}) {
    const [method, url] = route.split(' ') as ['GET', string];
    const position = [...this.positions].map(([store, at]) => `${store}:${at}`).at(-1);
    const answer = await this.app.inject({
      method,
      url,
      headers: onlyGiven({
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(position !== undefined && key !== undefined && { 'gatehouse-min-position': position }),
        ...(CONDITIONAL.has(method) && { 'if-match': '*' }),
        ...headers,
      }),
      ...(body !== undefined && { payload: body as object }),
    });
    const got = answer.headers as Record<string, string>;
    if (got['gatehouse-decision-id']) this.answered.push(got['gatehouse-decision-id']);
    if (got['gatehouse-position']) await this.reached(got['gatehouse-position']);
    const text = answer.body;
    const isJson = String(got['content-type']).includes('json');
    return { status: answer.statusCode, body: isJson ? JSON.parse(text) : undefined, text, headers: got } as Answer;
  }

  /** What audit would tell on one of its topics. */
  async told(topic: TopicSpec, tenantId: string, value: object, busKey = this.busKey): Promise<void> {
    const place = { generation: 0, epoch: 1, position: 1 };
    const record = { topic: topic.name, key: tenantId, value: Buffer.from(JSON.stringify(value)), ...place };
    const envelope = { id: 'x', source: '/audit', type: 'spec', time: this.clock.nowIso(), schema: 1 };
    await this.bus.publish([sealRecord(deriveMacKey(busKey), record, envelope)]);
  }

  async rows<Row>(sql: string): Promise<Row[]> {
    return (await this.store.em.fork().execute(sql)) as Row[];
  }

  /** Everything that stands on a topic, as text. */
  topicText(topic: string): string {
    const records = this.bus.log.read(topic, 0, 0n, 100_000);
    return records
      .map(({ key, value, headers }) => `${key} ${String(value)} ${Object.values(headers ?? {}).join(' ')}`)
      .join('\n');
  }

  /** Tenants `acme` and `globex`, with an administrator each and somebody without rights in `acme`. */
  async tenants() {
    for (const name of ['acme', 'globex']) await this.made('POST /v1/tenants', { name });
    const ada = await this.person('acme', 'ada@acme.example', 'admin');
    const gil = await this.person('globex', 'gil@globex.example', 'admin');
    const con = await this.person('acme', 'con@acme.example');
    return { ada, gil, con };
  }

  /** What a list gives in all, page by page. */
  async pages(key: string, path: string, limit: number): Promise<{ id: string }[]> {
    const seen: { id: string }[] = [];
    for (let after = ''; ;) {
      const { body } = await this.ask(key, `GET ${path}?limit=${limit}${after}`);
      seen.push(...body.data);
      if (!body.has_more) return seen;
      after = `&after=${body.next_cursor}`;
    }
  }

  async close(): Promise<void> {
    this.policy.close();
    await this.app.close();
    await this.bus.close();
  }

  /**
   * A new key is presented in the next request, before any position is waited for: this replica must know it by then.
   * Bounded, for specs in which nothing is published.
   */
  private async reached(position: string): Promise<void> {
    this.remember(position);
    const feed = this.app.get(AccessFeed, { strict: false });
    await feed.waitForPosition('identity', Number(position.split(':')[1]), PUBLISHED_WAIT_MS);
  }

  /** The last position comes last. */
  private remember(position: string): void {
    const [store = '', at] = position.split(':');
    const known = this.positions.get(store) ?? 0;
    this.positions.delete(store);
    this.positions.set(store, Math.max(known, Number(at)));
  }

  private spool() {
    const keep = (record: object) => {
      const place = { replica: 'r', boot: 'b', seq: this.records.length + 1 };
      this.records.push(AccessDecided.parse({ count: 1, ...record, ...place }));
    };
    return {
      append: keep,
      appendUnverified: (record: { decision_id: string }) => (keep(record), { decisionId: record.decision_id }),
      durable: () => Promise.resolve(),
      lag: () => ({ unpublishedRecords: 0, unpublishedBytes: 0, oldestMs: 0, unrecorded: 0 }),
    };
  }
}

function onlyGiven(headers: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined));
}
