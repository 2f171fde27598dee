import { eventRecord } from '#libs/bus';
import { expect, it } from 'vitest';
import { readEvent } from './read-event.js';

const envelope = {
  id: 'identity:1:7:0',
  source: 'identity',
  type: 'identity.team.created',
  time: '2026-11-23T09:00:00.000Z',
  generation: 1,
  epoch: 1,
  position: 7,
  schema: 1,
};
const ids = { stream: 'identity.team-t', stream_version: 1, actor: 'u', request_id: 'r', decision_id: 'd' };
const message = { ...ids, tenant_id: 'acme', data: { teamId: 't' } };

function read(change: Partial<typeof envelope>, value: unknown = message, topic = 'identity.events.v1') {
  const { headers = {}, key } = eventRecord(topic, 'k', { ...envelope, ...change }, value);
  const bytes = Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  const at = { topic, partition: 0, offset: 3n, timestampMs: Date.parse(envelope.time) };
  return readEvent({ ...at, key: Buffer.from(key ?? ''), value: Buffer.from(JSON.stringify(value)), headers: bytes });
}

it('knows an event by its service, the generation of its store and its position', () => {
  expect(read({})).toMatchObject({ replica: 'identity', boot: 'generation-1', seq: 7, type: 'identity.team.created' });
});

it.each([
  ['foreign_source', read({ source: 'policy', type: 'policy.revision.published' })],
  ['foreign_source', read({ type: 'policy.revision.published' })],
  ['not_an_event', read({}, { ...message, data: 'text' })],
  ['not_an_event', read({}, { data: {} })],
  ['not_an_event', read({ time: 'yesterday' })],
  ['out_of_range', read({ time: '2106-03-01T00:00:00.000Z' })],
  [
    'unknown_version',
    read({ source: 'policy', type: 'policy.revision.published', schema: 9 }, message, 'policy.events.v1'),
  ],
  ['not_an_event', read({ source: 'policy', type: 'policy.revision.published' }, message, 'policy.events.v1')],
])('gives up as %s what is no event of the topic', (poison, found) => {
  expect(found).toEqual({ poison });
});
