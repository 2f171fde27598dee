import { deriveMacKey, sealRecord, type BusRecord } from '#libs/bus';
import { contentsKey } from '#libs/contracts';
import { describe, expect, it } from 'vitest';
import { rowOfContents } from './contents-row.js';

const macKey = deriveMacKey(Buffer.alloc(32, 1));
const contents = {
  tenantId: 'acme',
  decisionId: '0197a1b2-0000-7000-8000-000000000001',
  at: '2026-11-28T16:00:00.000Z',
  keyId: 'ck_1',
  principalId: 'user_dev',
  requestBytes: 1,
  answerBytes: 2,
  isTruncated: false,
  jwe: 'a.b.c.d.e',
};
function recordOf(value: object, key = contentsKey(contents), mac = macKey): BusRecord {
  const topic = 'gateway.contents.v1';
  const record = { topic, key, value: Buffer.from(JSON.stringify(value)), generation: 0, epoch: 1, position: 1 };
  const envelope = { id: '1', source: '/gateway/g', type: 'gateway.contents', time: contents.at, schema: 1 };
  const { headers = {} } = sealRecord(mac, record, envelope);
  const asRead = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  return {
    topic,
    partition: 0,
    offset: 0n,
    timestampMs: 1,
    key: Buffer.from(key),
    value: record.value,
    headers: asRead,
  };
}

describe('a record of contents', () => {
  it('of a gateway of ours is a row', () => {
    expect(rowOfContents(macKey, recordOf(contents))).toEqual({
      tenant_id: 'acme',
      decision_id: contents.decisionId,
      at: contents.at,
      key_id: 'ck_1',
      principal_id: 'user_dev',
      request_bytes: 1,
      answer_bytes: 2,
      truncated: false,
      jwe: 'a.b.c.d.e',
    });
  });

  it.each([
    [
      'of somebody who can write to the topic and has no bus key',
      recordOf(contents, undefined, deriveMacKey(Buffer.alloc(32, 2))),
    ],
    ['whose key is another call’s', recordOf(contents, `globex/${contents.decisionId}`)],
    ['with more in it than there should be', recordOf({ ...contents, prompt: 'in plain' })],
    ['of a time that no table holds', recordOf({ ...contents, at: '0001-01-01T00:00:00.000Z' })],
    [
      'that was changed on its way',
      { ...recordOf(contents), value: Buffer.from(JSON.stringify({ ...contents, jwe: 'x' })) },
    ],
    ['that removes', { ...recordOf(contents), value: null }],
    ['that is no JSON', { ...recordOf(contents), value: Buffer.from('{') }],
  ])('%s is none', (_what, record) => {
    expect(rowOfContents(macKey, record)).toBeUndefined();
  });
});
