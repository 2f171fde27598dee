import { decodeEnvelope, encodeEnvelope, eventRecord, readEventRecord, type BusRecord, type Envelope } from '#libs/bus';
import { describe, expect, it } from 'vitest';

const envelope: Envelope = {
  id: '0199',
  source: 'identity',
  type: 'identity.api-key.revoked',
  time: '2026-11-23T09:00:00.000Z',
  subject: 'identity.api-key-k1',
  generation: 1,
  epoch: 7,
  position: 1042,
  schema: 2,
};
const read = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]));

describe('the envelope', () => {
  it('is CloudEvents 1.0 in Kafka binary mode, plus where the writer stood', () => {
    expect(encodeEnvelope(envelope)).toEqual({
      ce_specversion: '1.0',
      ce_id: '0199',
      ce_source: 'identity',
      ce_type: 'identity.api-key.revoked',
      ce_time: '2026-11-23T09:00:00.000Z',
      ce_subject: 'identity.api-key-k1',
      'content-type': 'application/json',
      gh_generation: '1',
      gh_epoch: '7',
      gh_position: '1042',
      gh_schema: '2',
    });
  });

  it('comes back as it was, with and without a subject', () => {
    const { subject: _, ...without } = envelope;
    for (const given of [envelope, without]) expect(decodeEnvelope(read(encodeEnvelope(given)))).toEqual(given);
  });

  it.each(['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'ce_time', 'gh_generation', 'gh_position'])(
    'is poison without %s',
    (name) => {
      const { [name]: _, ...rest } = encodeEnvelope(envelope);
      expect(() => decodeEnvelope(read(rest))).toThrow(`envelope/missing-${name}`);
    },
  );

  it.each(['-1', '1.5', '01', '1e3', ' 1', '9007199254740993', 'NaN'])('reads no number out of %j', (text) => {
    const headers = { ...encodeEnvelope(envelope), gh_position: text };
    expect(() => decodeEnvelope(read(headers))).toThrow('envelope/bad-gh_position');
  });

  it('refuses to send a number that would not come back', () => {
    for (const position of [-1, 1.5, Number.NaN, 2 ** 53]) {
      expect(() => encodeEnvelope({ ...envelope, position })).toThrow(RangeError);
    }
  });
});

describe('an event record', () => {
  const at = { topic: 'identity.events.v1', partition: 0, offset: 5n, timestampMs: 1 };
  const sent = eventRecord(at.topic, 'k1', envelope, { reason: 'leaked' });
  const received: BusRecord = {
    ...at,
    key: Buffer.from('k1'),
    value: Buffer.from(String(sent.value)),
    headers: read(encodeEnvelope(envelope)),
  };

  it('is read with its key, envelope and data', () => {
    expect(readEventRecord(received)).toEqual({ ...at, key: 'k1', envelope, data: { reason: 'leaked' } });
    expect(readEventRecord({ ...received, key: null, value: null })).toMatchObject({ key: null, data: null });
  });

  it('is poison if its value is no JSON, and the error quotes nothing of it', () => {
    const broken = { ...received, value: Buffer.from('{"secret": "gh_pat') };
    expect(() => readEventRecord(broken)).toThrow(/^poison record: value\/not-json$/);
  });
});
