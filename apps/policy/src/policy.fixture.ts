import { randomBytes } from 'node:crypto';
import { Peppers } from '#libs/access';
import { MemoryBus } from '#libs/bus';
import { AccessDecided, topics } from '#libs/contracts';
import { EventStore, ProjectionRunner } from '#libs/event-store';
import { createService } from '#libs/http';
import { BUNDLE_CHARACTERS_MAX } from '#libs/policy-language';
import { holdAnswers } from '#libs/openapi';
import { ensureCommonTopics } from '#libs/service';
import { silentLogger, SystemClock } from '#libs/telemetry';
import { freshDatabase, waitFor } from '#libs/testing';
import { EntityManager } from '@mikro-orm/postgresql';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PolicyModule } from './app.module.js';
import { IdentityState } from './identity-state.fixture.js';

/** What is sent with `If-Match`. */
const CONDITIONAL: ReadonlySet<string> = new Set(['PATCH', 'PUT', 'DELETE']);
const secret = () => randomBytes(32).toString('base64');

export type Answer = {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- what a route answers is what the spec is about
  readonly body: any;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** One document of a bundle, as people write it. */
export function document(kind: string, tenant: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant }, spec });
}
export const bundle = (...documents: readonly string[]) => documents.join('\n---\n');
export const role = (name: string, tenant = 'acme', sentence = 'reads keys') =>
  document('Role', tenant, name, {
    statements: [{ id: 'one', effect: 'allow', actions: ['key:read'], resources: ['key:**'], description: sentence }],
  });
export const binding = (name: string, subject: string, roles: readonly string[], tenant = 'acme', more: object = {}) =>
  document('RoleBinding', tenant, name, { subjects: [subject], roles, ...more });
export const account = (name: string, tenant = 'acme', baseUrl = 'https://api.upstream.example/v1') =>
  document('ProviderAccount', tenant, name, { provider: 'openai-compatible', baseUrl });

/** Policy in this process: real PostgreSQL, the bus's twin, every decision kept in a list. */
export class Policy {
  readonly bus = new MemoryBus();
  readonly busKey = randomBytes(32);
  readonly records: AccessDecided[] = [];
  readonly settings = {
    GATEHOUSE_PEPPER: `1:${secret()}`,
    GATEHOUSE_SEAL_KEY: secret(),
    GATEHOUSE_MASTER_KEY: secret(),
    GATEHOUSE_BUS_KEY: this.busKey.toString('base64'),
    GATEHOUSE_EGRESS_ALLOW: ['127.0.0.1:8090'],
  };
  readonly peppers = Peppers.parse(this.settings.GATEHOUSE_PEPPER);
  readonly identity = new IdentityState(this.bus, this.busKey, this.peppers);
  app!: NestFastifyApplication;
  /** Keys by person: ada administers acme, gil globex, con has no rights in acme; mona is made by who needs her. */
  readonly keys = { operator: '', ada: '', gil: '', con: '', mona: '' };
  private position: string | undefined;

  async open(): Promise<this> {
    const logger = silentLogger;
    const resources = {
      service: 'policy' as const,
      replica: 'policy-1',
      logger,
      clock: new SystemClock(),
      bus: this.bus,
      spool: this.spool() as never,
      peppers: this.peppers,
      busKey: this.busKey,
      publicUrl: 'http://policy.test',
      close: () => Promise.resolve(),
    };
    await ensureCommonTopics(resources);
    await this.bus.ensureTopics([topics.identityOnboardings]);
    const config = { ...this.settings, DATABASE_URL: await freshDatabase('policy') };
    const app = await createService(PolicyModule.of(config as never, resources), {
      service: 'policy',
      port: 0,
      logger,
      clock: resources.clock,
      bodyBytesMax: BUNDLE_CHARACTERS_MAX,
    });
    this.app = holdAnswers(app);
    for (const tenant of ['acme', 'globex']) await this.identity.tenant(tenant);
    this.keys.operator = await this.identity.operator();
    this.keys.ada = await this.identity.user('acme', 'user_ada', 'ada@acme.example');
    this.keys.con = await this.identity.user('acme', 'user_con', 'con@acme.example');
    this.keys.gil = await this.identity.user('globex', 'user_gil', 'gil@globex.example');
    this.position = this.identity.place;
    await waitFor(async () => (await this.ask('operator', 'GET /v1/revisions')).status === 200);
    await this.apply('operator', binding('admins', 'user:user_ada', ['admin']));
    await this.apply('operator', binding('admins', 'user:user_gil', ['admin'], 'globex'));
    return this;
  }

  get store() {
    return {
      events: this.app.get(EventStore, { strict: false }),
      em: this.app.get(EntityManager, { strict: false }),
      projections: this.app.get(ProjectionRunner, { strict: false }),
    };
  }

  apply(who: keyof Policy['keys'] | undefined, yaml: string, query = ''): Promise<Answer> {
    return this.ask(who, `POST /v1/apply${query}`, yaml, { 'content-type': 'application/yaml' });
  }

  /**
   * Asks with the last position that was answered, so that what was just written holds; and changes whatever version
   * there is, unless a spec says which (`if-match`; undefined sends none).
   */
  async ask(
    who: keyof Policy['keys'] | undefined,
    route: string,
    body?: unknown,
    headers: Record<string, string | undefined> = {},
  ) {
    const [method, url] = route.split(' ') as ['GET', string];
    const answer = await this.app.inject({
      method,
      url,
      headers: onlyGiven({
        ...(who && { authorization: `Bearer ${this.keys[who]}` }),
        ...(who && this.position && { 'gatehouse-min-position': this.position }),
        ...(CONDITIONAL.has(method) && { 'if-match': '*' }),
        ...headers,
      }),
      ...(body !== undefined && { payload: body as object }),
    });
    const got = answer.headers as Record<string, string>;
    this.position = got['gatehouse-position'] ?? this.position;
    const text = answer.body;
    const isJson = String(got['content-type']).includes('json');
    return { status: answer.statusCode, body: isJson ? JSON.parse(text) : undefined, text, headers: got } as Answer;
  }

  /** What a list gives in all, page by page. */
  async pages<Item>(who: keyof Policy['keys'], path: string, limit: number): Promise<Item[]> {
    const seen: Item[] = [];
    for (let after = ''; ;) {
      const { body } = await this.ask(who, `GET ${path}?limit=${limit}${after}`);
      seen.push(...body.data);
      if (!body.has_more) return seen;
      after = `&after=${body.next_cursor}`;
    }
  }

  /** Names of the documents of a kind that are in force, as its routes tell. */
  async named(who: keyof Policy['keys'], plural: string): Promise<string[]> {
    const { body } = await this.ask(who, `GET /v1/${plural}?limit=200`);
    return body.data.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  }

  async rows<Row>(sql: string): Promise<Row[]> {
    return (await this.store.em.fork().execute(sql)) as Row[];
  }

  /** Every record of a topic. */
  onTopic(topic: string) {
    return this.bus.log.read(topic, 0, 0n, 100_000);
  }

  topicText(topic: string): string {
    return this.onTopic(topic)
      .map(({ key, value, headers }) => `${key} ${String(value)} ${Object.values(headers ?? {}).join(' ')}`)
      .join('\n');
  }

  async close(): Promise<void> {
    this.identity.close();
    await this.app.close();
    await this.bus.close();
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
