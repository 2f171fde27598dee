import { AccessModule } from '#libs/access';
import { Bus, deriveMacKey } from '#libs/bus';
import { createClickHouse } from '#libs/clickhouse';
import { AccessDecided, decisionTopics, topics, type TopicSpec } from '#libs/contracts';
import { EventStore, SubjectKeys } from '#libs/event-store';
import { createService } from '#libs/http';
import { holdAnswers } from '#libs/openapi';
import { silentLogger, SystemClock } from '#libs/telemetry';
import { freshName, testStack, waitFor } from '#libs/testing';
import { Module, type DynamicModule } from '@nestjs/common';
import { AuditModule } from './app.module.js';
import { EmptyStore, EmptySubjectKeys } from './empty-store.fixture.js';
import { CHAIN_READ_SETTINGS } from '#libs/chain';
import { IngestSource } from './ingest/ingest-source.js';
import { People } from './people.fixture.js';
import { AUDIT_MAC_KEY } from './sealed-publisher.js';

/** Topics, group and database of one spec. */
export class SpecSource extends IngestSource {
  readonly suffix = freshName('audit');
  readonly database = freshName('audit', '_');
  override readonly group = `audit.ingest.${this.suffix}`;
  override readonly topics: readonly TopicSpec[] = Object.values(decisionTopics).map((spec) => this.own(spec));
  override readonly changesGroup = `audit.changes.${this.suffix}`;
  override readonly events: readonly TopicSpec[] = [topics.identityEvents, topics.policyEvents, topics.auditEvents].map(
    (spec) => this.own(spec),
  );
  override readonly consumer = `audit.${this.suffix}`;
  override readonly deadLetters: TopicSpec = { ...topics.auditDeadLetter, name: `${this.consumer}.dead-letter.v1` };
  override readonly letters: readonly TopicSpec[] = [this.deadLetters];
  override readonly lettersGroup = `audit.dead-letters.${this.suffix}`;

  get gateway(): TopicSpec {
    const found = this.topics[0];
    if (!found) throw new Error('no topics');
    return found;
  }

  clickhouseUrl(base = testStack().clickhouse.url): string {
    return `${base}/${this.database}`;
  }

  override readonly keyUses: TopicSpec = this.own(topics.auditKeyUses);
  override readonly findings: TopicSpec = this.own(topics.auditFindings);
  override readonly limitUse: TopicSpec = this.own(topics.gatewayUsage);

  override readonly contents: TopicSpec = this.own(topics.gatewayContents);
  override readonly contentsGroup = `audit.contents.${this.suffix}`;

  private own(spec: TopicSpec): TopicSpec {
    return { ...spec, name: `${spec.name}.${this.suffix}` };
  }
}

/** What `startAudit` runs with; a store that holds nothing unless another is given. */
export type AuditParts = {
  readonly url?: string | undefined;
  readonly store?: DynamicModule | undefined;
  readonly folder?: string | undefined;
};

/** Decisions of the service itself, kept where a spec sees them. */
function keptDecisions() {
  const records: AccessDecided[] = [];
  const keep = (record: object) => {
    records.push(AccessDecided.parse({ count: 1, ...record, replica: 'r', boot: 'b', seq: records.length + 1 }));
  };
  const spool = {
    append: keep,
    appendUnverified: (record: { decision_id: string }) => (keep(record), { decisionId: record.decision_id }),
    durable: () => Promise.resolve(),
  };
  return { records, spool };
}

/** An audit service of this process, without a listening port. */
export async function startAudit(
  source: SpecSource,
  bus: Bus,
  people = new People(bus, source.suffix),
  parts: AuditParts = {},
) {
  const { records, spool } = keptDecisions();
  const { busKey, peppers } = people;
  const publicUrl = 'https://audit.example';
  const given = {
    service: 'audit',
    replica: 'audit-1',
    bus,
    busKey,
    peppers,
    publicUrl,
    topics: people.topics,
  } as const;
  const access = AccessModule.forRoot({ ...given, spool: spool as never });
  const { url, store, folder } = parts;
  const noStore = [
    { provide: EventStore, useValue: new EmptyStore() },
    { provide: SubjectKeys, useValue: new EmptySubjectKeys() },
  ];
  @Module({})
  class SpecResources {}
  const resources: DynamicModule = {
    module: SpecResources,
    global: true,
    imports: [access, ...(store ? [store] : [])],
    providers: [
      ...(store ? [] : noStore),
      { provide: Bus, useValue: bus },
      { provide: AUDIT_MAC_KEY, useValue: deriveMacKey(busKey) },
    ],
    exports: [Bus, AUDIT_MAC_KEY, ...(store ? [] : [EventStore, SubjectKeys])],
  };
  // Signed only when a spec says so.
  const checkpoints = { secret: Buffer.alloc(32, 9), everySeconds: 86_400, folder };
  const app = await createService(AuditModule.over(resources, source.clickhouseUrl(url), source, checkpoints), {
    service: 'audit',
    port: 0,
    logger: silentLogger,
    clock: new SystemClock(),
  });
  return { app: holdAnswers(app), records };
}

/** Resolves when it has read what it decides by, and consumes. */
export async function ready({ app }: Pick<Awaited<ReturnType<typeof startAudit>>, 'app'>): Promise<void> {
  const isReady = async () => (await app.inject({ url: '/readyz' })).statusCode === 200;
  await waitFor(isReady, { timeoutMs: 60_000, what: 'audit to be ready' });
}

/** Asks the engine directly, as the chain is read. */
export function engine({ database }: SpecSource) {
  const client = createClickHouse({ url: testStack().clickhouse.url, settings: CHAIN_READ_SETTINGS });
  const named = (sql: string) => sql.replaceAll('db.', `${database}.`);
  return {
    rows: async <Row>(sql: string) => (await client.query({ query: named(sql), format: 'JSONEachRow' })).json<Row>(),
    /** A mutation is done when this resolves. */
    command: (sql: string) => client.command({ query: named(sql), clickhouse_settings: { mutations_sync: '1' } }),
    close: async () => {
      await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
      await client.close();
    },
  };
}
