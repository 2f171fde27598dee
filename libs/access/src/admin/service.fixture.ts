import { MemoryBus, type LogEnd } from '#libs/bus';
import {
  AccessDecided,
  credentialKey,
  principalKey,
  tenantKey,
  type CredentialRecord,
  type PrincipalRecord,
} from '#libs/contracts';
import { createService } from '#libs/http';
import { freshName, waitFor } from '#libs/testing';
import { silentLogger, SystemClock, type Clock } from '#libs/telemetry';
import { Module, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { v7 } from 'uuid';
import { AccessModule } from '../access.module.js';
import type { AccessModuleOptions } from '../access-options.js';
import { busKey, ownTopics, StateWriter } from '../feed/feed.fixture.js';
import { AccessFeed } from '../feed/access-feed.js';
import { ada, credentialOf, peppers } from '../identity/identity.fixture.js';
import { mintKeyText } from '../keys/key-text.js';
import { binding, Publisher } from '../policy/policy.fixture.js';
import { ThingsController } from './things.fixture.js';

/** Where the service says that it is reached. */
export const PUBLIC_URL = 'https://identity.example';

/** Users of two tenants, an operator, and a key for each. */
export const people = {
  ada,
  dev: { ...ada, id: 'user_dev', email: 'dev@acme.example' },
  vic: { ...ada, id: 'user_vic', email: 'vic@acme.example' },
  gil: { ...ada, id: 'user_gil', tenantId: 'globex', email: 'gil@globex.example' },
  operator: {
    ...ada,
    id: 'va_op',
    kind: 'virtual-account',
    tenantId: 'platform',
    name: 'operator',
    email: null,
    operator: true,
  },
} as const satisfies Record<string, PrincipalRecord>;
export const keys = {
  ada: mintKeyText('pat', 'p'),
  dev: mintKeyText('pat', 'p'),
  vic: mintKeyText('pat', 'p'),
  gil: mintKeyText('pat', 'p'),
  operator: mintKeyText('svc', 'p'),
};
export type Person = keyof typeof keys;

/** The record of a person's key. */
export function recordOf(person: Person, change: Partial<CredentialRecord> = {}): CredentialRecord {
  const { id: ownerId, tenantId } = people[person];
  return credentialOf(keys[person], { ownerId, tenantId, kind: person === 'operator' ? 'svc' : 'pat', ...change });
}

/** A bus in memory whose line can be cut. */
export class CutBus extends MemoryBus {
  isCut = false;

  override logEnds(topics: readonly string[]): Promise<readonly LogEnd[]> {
    return this.isCut ? Promise.reject(new Error('The line is cut.')) : super.logEnds(topics);
  }
}

type ServiceChange = Partial<AccessModuleOptions> & { clock?: Clock; imports?: Type<unknown>[] };

/** A service with the module, on a bus in memory, and every record that it wrote. */
export async function service(
  controllers: Type<unknown>[] = [ThingsController],
  { clock = new SystemClock(), imports = [], ...change }: ServiceChange = {},
  prepare: (server: FastifyInstance) => void = () => undefined,
) {
  const bus = new CutBus();
  const names = ownTopics(freshName('http'));
  await bus.ensureTopics(Object.values(names));
  const identity = new StateWriter(bus, names.identityState.name);
  const policy = new StateWriter(bus, names.policyState.name);
  const records: AccessDecided[] = [];
  const keep = (record: object) => {
    records.push(AccessDecided.parse({ count: 1, ...record, replica: 'r', boot: 'b', seq: records.length + 1 }));
  };
  const spool = {
    append: keep,
    appendUnverified: (record: { decision_id: string }) => (keep(record), { decisionId: record.decision_id }),
    durable: () => Promise.resolve(),
  };
  const access = AccessModule.forRoot({
    service: 'identity',
    replica: 'identity-1',
    bus,
    spool: spool as never,
    busKey,
    peppers,
    publicUrl: PUBLIC_URL,
    topics: names,
    ...change,
  });
  @Module({ imports: [access, ...imports], controllers })
  class App {}
  const app = await createService(App, {
    service: 'identity',
    port: 0,
    logger: silentLogger,
    clock,
    prepare: (made) => prepare(made.getHttpAdapter().getInstance() as unknown as FastifyInstance),
  });
  const close = async () => {
    await app.close();
    await bus.close();
  };
  return { app, bus, identity, policy, records, close };
}

/** Publishes everybody and their roles, and waits until the service may decide. */
export async function populated(running: Awaited<ReturnType<typeof service>>): Promise<void> {
  const { identity, policy, app } = running;
  for (const id of ['acme', 'globex']) await identity.write({ [tenantKey(id)]: { id, status: 'active' } });
  for (const person of Object.keys(keys) as Person[]) {
    const record = people[person];
    await identity.write({ [principalKey(record.id)]: record, [credentialKey(keys[person].keyId)]: recordOf(person) });
  }
  await policy.write(
    Object.fromEntries(
      new Publisher().apply([
        binding('admins', 'user:user_ada', 'admin'),
        binding('devs', 'user:user_dev', 'developer'),
      ]),
    ),
  );
  const feed = app.get(AccessFeed);
  await waitFor(() => feed.freshness().serve && feed.positions().policy.position > 0, { what: 'the feed' });
}

/** Sends a request as one of them, as somebody with any text, or as nobody. */
export async function send(
  app: NestFastifyApplication,
  who: Person | { text: string } | undefined,
  call: `${'GET' | 'POST' | 'DELETE'} ${string}`,
  more: { body?: object | string; headers?: Record<string, string> } = {},
) {
  const [method, url] = call.split(' ') as ['GET' | 'POST' | 'DELETE', string];
  const text = typeof who === 'string' ? keys[who].text : who?.text;
  const answer = await app.inject({
    method,
    url,
    headers: {
      'x-request-id': v7(),
      ...(text !== undefined && { authorization: `Bearer ${text}` }),
      ...(typeof more.body === 'string' && { 'content-type': 'application/json' }),
      ...more.headers,
    },
    ...(more.body !== undefined && { payload: more.body }),
  });
  const id = answer.headers['gatehouse-decision-id'];
  return { status: answer.statusCode, text: answer.body, json: safeJson(answer.body), id, headers: answer.headers };
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
