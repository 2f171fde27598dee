import { DeadLetters, KafkaBus } from '#libs/bus';
import { decisionPartition, topics, type AccessDecided } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { v7 } from 'uuid';
import { afterAll, expect, it } from 'vitest';
import { admin, kill, local, sql } from '../system/system.js';

type Letter = { id: string; source: { offset: number } };
const LETTER_WITHIN_MS = 60_000;
/** The place that the record is said to have had; nobody reads there. */
const offset = BigInt(Date.now());
const bus = new KafkaBus({ brokers: local().kafka.brokers, clientId: 'dead-letters-spec' });
afterAll(() => bus.close());

const { name, partitions } = topics.gatewayDecisions;
const partition = decisionPartition('', partitions);
const boot = v7();

/** A refusal of somebody unknown by a gateway that is no more. */
const decided = (seq: number): AccessDecided => ({
  type: 'access.decided',
  decision_id: v7(),
  at: new Date().toISOString(),
  request_id: 'dead-letters-spec',
  service: 'gateway',
  tenant_id: '',
  principal_kind: '',
  principal_id: '',
  key_id: '',
  auth_method: '',
  ip: '127.0.0.1',
  user_agent: '',
  http_method: 'POST',
  path: '/v1/chat/completions',
  operation: 'chat',
  action: '',
  resource_type: '',
  resource: '',
  requested_model: '',
  resolved_model: '',
  provider_account: '',
  environment: '',
  metadata: {},
  outcome: 'deny',
  code: 'invalid_api_key',
  reason: 'key_unknown',
  statements: [],
  applied_rules: [],
  attributes: {},
  policy_revision: 0,
  platform_revision: 0,
  identity_position: 0,
  engine_version: '1',
  http_status: 401,
  stale_ms: 0,
  count: 1,
  replica: 'gateway-gone',
  boot,
  seq,
});

it(
  'what was given up is stored once when it is sent again, twice, and audit is killed meanwhile',
  async () => {
    const [lost, later] = [decided(1), decided(2)];
    const bytes = (record: AccessDecided) => Buffer.from(JSON.stringify({ records: [record] }));
    const key = String(partition);
    const source = { topic: name, partition, offset, timestampMs: Date.now(), key: Buffer.from(key), headers: {} };
    const letters = new DeadLetters(bus, 'audit');
    await letters.bury({ ...source, value: bytes(lost) }, { reason: 'not_a_decision_batch', attempts: 1 });
    await bus.publish([{ topic: name, partition, key, value: bytes(later) }]);
    const stored = async () =>
      (
        await sql<{ id: string }>('SELECT decision_id AS id FROM decisions WHERE boot = {boot:String} ORDER BY seq', {
          boot,
        })
      ).map(({ id }) => id);
    await waitFor(async () => (await stored()).length > 0, { timeoutMs: LETTER_WITHIN_MS });

    const operator = local().operator.api_key;
    const find = async () => {
      const { body } = await admin<{ data: Letter[] }>('audit', 'GET', '/v1/dead-letters?status=dead', operator);
      return body.data.find(({ source: { offset: place } }) => BigInt(place) === offset);
    };
    const { id } = await waitFor(find, { timeoutMs: LETTER_WITHIN_MS });
    const redrive = () => admin('audit', 'POST', `/v1/dead-letters/${id}/redrive`, operator);
    expect((await redrive()).status).toBe(200);
    await kill('audit');
    expect((await redrive()).status).toBe(200);
    // Behind both in the same partition: once it is stored, so is all before it.
    const behind = decided(3);
    await bus.publish([{ topic: name, partition, key, value: bytes(behind) }]);
    await waitFor(async () => (await stored()).includes(behind.decision_id), { timeoutMs: LETTER_WITHIN_MS });
    expect(await stored()).toEqual([lost, later, behind].map(({ decision_id }) => decision_id));
  },
  3 * LETTER_WITHIN_MS,
);
