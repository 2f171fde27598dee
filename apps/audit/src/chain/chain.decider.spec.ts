import { ChainCheckpointed, type ChainSegment, type SignedCheckpoint } from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, it } from 'vitest';
import { chainDecider } from './chain.decider.js';

const given = specFor(chainDecider);
const place = { partition: 0, offset: 1, index: 0 };
const hash = (letter: string) => letter.repeat(64);
const segment = (former: string, head: string): ChainSegment => {
  return { table: 'calls', topic: 't', day: '2026-11-28', rows: 1, first: place, last: place, former, head };
};
const checkpoint = (number: number, ...segments: ChainSegment[]): SignedCheckpoint => {
  const signed = { keyId: 'k', signature: 's', former: number === 1 ? '' : hash('f') };
  return { tenantId: 'acme', number, at: '2026-11-28T09:00:00.000Z', segments, written: [], ...signed };
};
const publish = (each: SignedCheckpoint) => ({ type: 'PublishCheckpoint' as const, checkpoint: each });
const first = checkpoint(1, segment('', hash('a')), segment(hash('a'), hash('b')));

describe('publishing a checkpoint', () => {
  it('begins a series', () => given().when(publish(first)).expect(ChainCheckpointed.of(first)));
  it('goes on where the last one ended', () => {
    const next = checkpoint(2, segment(hash('b'), hash('c')));
    given(ChainCheckpointed.of(first)).when(publish(next)).expect(ChainCheckpointed.of(next));
  });
  it('refuses a number that is taken or too high', () => {
    given(ChainCheckpointed.of(first)).when(publish(first)).expectRefusal('chain/not-next');
    given()
      .when(publish(checkpoint(2, segment('', hash('a')))))
      .expectRefusal('chain/not-next');
  });
  it('refuses numbers that are stated already', () => {
    const stating = (number: number, end: number) => {
      const partition = { topic: 't', partition: 0, end, since: '2026-11-28', writers: [] };
      return { ...checkpoint(number), written: [partition] };
    };
    const before = given(ChainCheckpointed.of(stating(1, 40)));
    before.when(publish(stating(2, 40))).expectRefusal('chain/not-next');
    before.when(publish(stating(2, 41))).expect(ChainCheckpointed.of(stating(2, 41)));
  });
  it('refuses a segment that leaves rows out', () => {
    const gap = checkpoint(2, segment(hash('c'), hash('d')));
    given(ChainCheckpointed.of(first)).when(publish(gap)).expectRefusal('chain/not-next');
    given()
      .when(publish(checkpoint(1, segment('', hash('a')), segment(hash('c'), hash('d')))))
      .expectRefusal('chain/not-next');
  });
});
