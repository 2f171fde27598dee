import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasterKey, mintKeyText, Peppers, sealUpstreamCredential } from '#libs/access';
import { deriveMacKey, KafkaBus, sealRecord, type Bus } from '#libs/bus';
import {
  credentialKey,
  DecisionBatch,
  documentKey,
  headKey,
  principalKey,
  secretKey,
  setDigestInput,
  tenantKey,
  topics,
  WATERMARK_KEY,
  type DecisionRecord,
  type DocumentKind,
  type TopicSpec,
} from '#libs/contracts';
import { startService } from '#libs/http';
import { canonicalJson } from '#libs/policy-language';
import type { Resources } from '#libs/service';
import { DecisionSpool } from '#libs/spool';
import { createLogger, silentLogger, SystemClock } from '#libs/telemetry';
import { freshName, testStack, waitFor } from '#libs/testing';
import type { GatewaySettings } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

const at = '2026-01-01T00:00:00.000Z';
const key = () => randomBytes(32).toString('base64');

/** The bus of one spec: topics under names of its own, and the services' part in filling them. */
export class SpecBus {
  readonly busKey = randomBytes(32);
  readonly masterKey = key();
  readonly pepper = `1:${key()}`;
  readonly topics = renamed(freshName('gateway'));
  readonly bus: Bus = new KafkaBus({ brokers: testStack().kafka.brokers, clientId: 'spec', logger: silentLogger });
  private readonly peppers = Peppers.parse(this.pepper);
  private readonly positions = new Map<string, number>();
  private beat: NodeJS.Timeout | undefined;

  /** Makes the topics and keeps their writers alive. */
  async open(): Promise<void> {
    await this.bus.ensureTopics(Object.values(this.topics));
    const { identityState, policyState, policySecrets } = this.topics;
    const watermarks = () =>
      Promise.all([identityState, policyState, policySecrets].map((topic) => this.write(topic, {})));
    await watermarks();
    this.beat = setInterval(() => void watermarks().catch(() => undefined), 1_000);
  }

  async close(): Promise<void> {
    clearInterval(this.beat);
    await this.bus.close();
  }

  /** What is on the decision topic, from its beginning, once `until` misses nothing. */
  async recorded(
    until: (records: readonly DecisionRecord[]) => boolean,
    timeoutMs: number,
  ): Promise<readonly DecisionRecord[]> {
    const records: DecisionRecord[] = [];
    const replay = await this.bus.replay({
      reader: 'spec',
      topics: [this.topics.decisions.name],
      onRecords: (batch) => {
        for (const { value } of batch) records.push(...DecisionBatch.parse(JSON.parse(String(value))).records);
      },
    });
    try {
      await waitFor(() => until(records), { timeoutMs, what: 'all decisions on the topic' });
      return records;
    } finally {
      await replay.close();
    }
  }

  /** A user of acme and a key of theirs; answers the key's text, and how to set its status. */
  async user(id: string) {
    const { text, keyId } = mintKeyText('pat', 'd');
    const dates = { issuedAt: at, rotatedAt: null, notBefore: null, expiresAt: null };
    const secrets = [{ mac: this.peppers.mac(text), pepperVersion: 1, until: null }];
    const credential = {
      keyId,
      kind: 'pat',
      tenantId: 'acme',
      ownerId: id,
      ownerEpoch: 1,
      secrets,
      restrictions: {},
      labels: {},
      ...dates,
    };
    const setStatus = (status: string) =>
      this.write(this.topics.identityState, { [credentialKey(keyId)]: { ...credential, status } });
    await this.write(this.topics.identityState, {
      [tenantKey('acme')]: { id: 'acme', status: 'active' },
      [principalKey(id)]: principalOf(id, 'active'),
    });
    await setStatus('active');
    return { text, keyId, setStatus };
  }

  /** Ends everything that the user has. Answers the position. */
  suspend(id: string): Promise<number> {
    return this.write(this.topics.identityState, { [principalKey(id)]: principalOf(id, 'suspended') });
  }

  /** Revision 1 of acme: the given documents, and the head that puts them in force. */
  async policy(documents: readonly { kind: DocumentKind; metadata: { name: string } }[]): Promise<void> {
    const digested = documents.map((document) => ({
      document,
      kind: document.kind,
      name: document.metadata.name,
      digest: sha256(canonicalJson(document)),
    }));
    const records = digested.map(
      ({ document, kind, name, digest }) => [documentKey('acme', kind, name, 1), { document, digest }] as const,
    );
    const setDigest = sha256(setDigestInput(digested));
    const head = { tenantId: 'acme', revision: 1, former: 0, documentCount: documents.length, setDigest, at };
    await this.write(this.topics.policyState, { ...Object.fromEntries(records), [headKey('acme')]: head });
  }

  async providerKey(account: string, origin: string, credential: string): Promise<void> {
    const record = sealUpstreamCredential(
      MasterKey.parse(this.masterKey),
      { tenantId: 'acme', account, version: 1, origin },
      credential,
    );
    await this.write(this.topics.policySecrets, { [secretKey('acme', account, 1)]: record });
  }

  /** As a service's publisher: the records, then the watermark. Answers the last position. */
  async write(topic: TopicSpec, records: Readonly<Record<string, object>>): Promise<number> {
    let position = this.positions.get(topic.name) ?? 0;
    const seal = (name: string, value: object, place: number) => {
      const record = {
        topic: topic.name,
        key: name,
        value: Buffer.from(JSON.stringify(value)),
        generation: 1,
        epoch: 1,
        position: place,
      };
      const envelope = { id: String(place), source: '/spec', type: 'state', time: new Date().toISOString(), schema: 1 };
      return sealRecord(deriveMacKey(this.busKey), record, envelope);
    };
    const sealed = Object.entries(records).map(([name, value]) => seal(name, value, (position += 1)));
    this.positions.set(topic.name, position);
    await this.bus.publish([...sealed, seal(WATERMARK_KEY, { at: new Date().toISOString() }, position)]);
    return position;
  }
}

const replica = 'gateway-1';

/** A gateway of this process on a spec's bus; `data` stays between its starts. `log` gets what it logs. */
export async function startGateway(spec: SpecBus, data: string, log: string[] = [], threads = 1) {
  const resources = await resourcesOf(spec, data, log);
  const { logger, clock, close: afterClose } = resources;
  const module = GatewayModule.over(resources, settingsOf(spec, data, threads), spec.topics);
  const reusePort = threads > 1;
  return startService(module, { service: 'gateway', replica, logger, clock, port: 0, reusePort, afterClose });
}

async function resourcesOf(spec: SpecBus, data: string, log: string[]): Promise<Resources> {
  const kafka = { brokers: testStack().kafka.brokers, clientId: replica };
  const logger = createLogger({ service: 'gateway', destination: { write: (line) => void log.push(line) } });
  const bus = new KafkaBus({ ...kafka, logger });
  const clock = new SystemClock();
  const topic = spec.topics.decisions;
  const directory = join(data, 'spool');
  const spool = await DecisionSpool.open({ directory, service: 'gateway', replica, topic, kafka, clock, logger });
  const close = async () => {
    await spool.close();
    await bus.close();
  };
  const peppers = Peppers.parse(spec.pepper);
  return {
    service: 'gateway',
    replica,
    logger,
    clock,
    bus,
    spool,
    peppers,
    busKey: spec.busKey,
    publicUrl: 'http://gateway.test',
    close,
  };
}

function settingsOf(spec: SpecBus, data: string, threads: number): GatewaySettings {
  return {
    PORT: 1,
    HOST: '127.0.0.1',
    GATEHOUSE_REPLICA: replica,
    GATEHOUSE_PUBLIC_URL: 'http://gateway.test',
    GATEHOUSE_DATA: data,
    GATEHOUSE_LOCAL: false,
    GATEHOUSE_CLOCK_OFFSET_SECONDS: 0,
    KAFKA_BROKERS: testStack().kafka.brokers,
    GATEHOUSE_PEPPER: spec.pepper,
    GATEHOUSE_BUS_KEY: spec.busKey.toString('base64'),
    GATEHOUSE_MASTER_KEY: spec.masterKey,
    GATEHOUSE_EGRESS_ALLOW: ['127.0.0.1'],
    GATEHOUSE_TRUSTED_PROXIES: [],
    GATEHOUSE_SERVING_THREADS: threads,
    GATEHOUSE_BODY_BYTES_MAX: 1_000_000,
    GATEHOUSE_CONTENTS_BYTES_MAX: 65_536,
    GATEHOUSE_UPSTREAM_CONNECTIONS_MAX: 16,
    GATEHOUSE_UPSTREAM_CONNECT_TIMEOUT_MS: 1_000,
    GATEHOUSE_UPSTREAM_HEADERS_TIMEOUT_MS: 30_000,
    GATEHOUSE_UPSTREAM_IDLE_TIMEOUT_MS: 30_000,
    GATEHOUSE_CIRCUIT_WINDOW_MS: 10_000,
    GATEHOUSE_CIRCUIT_ENDS_MIN: 20,
    GATEHOUSE_CIRCUIT_FAILURES_PERCENT: 50,
    GATEHOUSE_CIRCUIT_OPEN_MS: 5_000,
    GATEHOUSE_CIRCUIT_PROBE_MS: 30_000,
    GATEHOUSE_ATTEMPTS_MAX: 4,
    GATEHOUSE_RETRY_BACKOFF_MS: 250,
    GATEHOUSE_RETRY_WAIT_MS_MAX: 2_000,
  };
}

/** A folder that is gone when the callback's promise is settled. */
export async function dataDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'gateway-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Documents that let everybody of `subjects` call one chat model behind `baseUrl`. */
export function chatPolicy(baseUrl: string, subjects: readonly string[]) {
  const document = (kind: DocumentKind, name: string, spec: object, tags?: object) => ({
    apiVersion: 'gatehouse/v1',
    kind,
    metadata: { name, tenant: 'acme', ...(tags && { tags }) },
    spec,
  });
  return [
    document('ProviderAccount', 'main', { provider: 'openai', baseUrl, credential: { secretRef: 'main' } }),
    document('Model', 'main/gpt', { upstreamModel: 'gpt', types: ['chat'] }, { env: 'development' }),
    document('RoleBinding', 'developers', { subjects, roles: ['developer'] }),
  ];
}

function principalOf(id: string, status: 'active' | 'suspended') {
  const empty = { teams: [], groups: [], labels: {}, ownerTeam: null, operator: false, name: null };
  return { id, kind: 'user', tenantId: 'acme', status, epoch: 1, email: null, ...empty };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function renamed(suffix: string) {
  const own = (spec: TopicSpec): TopicSpec => ({ ...spec, name: `${spec.name}.${suffix}` });
  return {
    identityState: own(topics.identityState),
    policyState: own(topics.policyState),
    policySecrets: own(topics.policySecrets),
    replicas: own(topics.gatewayReplicas),
    usage: own(topics.gatewayUsage),
    contentKeys: own(topics.auditContentKeys),
    contents: own(topics.gatewayContents),
    decisions: own(topics.gatewayDecisions),
  };
}
