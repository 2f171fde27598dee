import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FRAME_HEADER_BYTES, nextFrame, readFrame, RECORD_BYTES_MAX, sealFrame, writeCount } from './frame.js';

const head = { partition: 3, flags: 5, atMs: 1_795_000_000_123, count: 1 };

function frameOf(text: string, more: Partial<typeof head> = {}): Buffer {
  const payload = Buffer.from(text);
  const frame = Buffer.concat([Buffer.alloc(FRAME_HEADER_BYTES), payload]);
  sealFrame(frame, payload.length, { ...head, ...more });
  return frame;
}

it('reads what was sealed, wherever it stands', () => {
  const bytes = Buffer.concat([Buffer.from('xx'), frameOf('{"a":"ä"}')]);
  expect(readFrame(bytes, 2)).toMatchObject({ ...head, bytes: bytes.length - 2 });
  expect((readFrame(bytes, 2) as { payload: Buffer }).payload.toString()).toBe('{"a":"ä"}');
});

it('takes no frame whose bytes changed, and no part of one', () => {
  const whole = frameOf('{"decision":"allowed"}');
  fc.assert(
    fc.property(fc.integer({ min: 12, max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ change;
      expect(typeof readFrame(changed, 0)).toBe('string');
      expect(readFrame(whole.subarray(0, at), 0)).toBe('short');
    }),
  );
});

it('reads a count that was rewritten, and 1 for one that is torn', () => {
  const frame = frameOf('{}');
  writeCount(frame, 4_000_000_000, 4);
  expect(readFrame(frame, 0)).toMatchObject({ count: 4_000_000_000 });
  frame[5] = (frame[5] ?? 0) ^ 1;
  expect(readFrame(frame, 0)).toMatchObject({ count: 1 });
});

it('never trusts a length above the bound', () => {
  const frame = frameOf('{}');
  frame.writeUInt32LE(RECORD_BYTES_MAX + 1, 16);
  expect(readFrame(frame, 0)).toBe('corrupt');
});

it('finds the next frame behind damage, and none in the text of a record', () => {
  const text = JSON.stringify({ user_agent: `GHS1${String.fromCharCode(0, 1, 2, 3)}`.repeat(20) });
  const bytes = Buffer.concat([Buffer.from('GHS0 damage '), frameOf(text)]);
  const at = nextFrame(bytes, 0);
  expect(typeof readFrame(bytes, at)).toBe('object');
  for (let inside = nextFrame(bytes, at); inside !== -1; inside = nextFrame(bytes, inside)) {
    expect(typeof readFrame(bytes, inside)).toBe('string');
  }
});
