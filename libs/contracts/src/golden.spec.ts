import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as contracts from './index.js';

/**
 * `golden/<type>.v<version>.json` is the data of one event as that version was written, for every version ever
 * released. A sample never changes and never leaves, since events in stores and topics do not either;
 * `golden/frozen.json` holds their digests (SHA-256 of the file, hex). For a new version: add its sample and its digest.
 */
const GOLDEN = new URL('../golden/', import.meta.url);
const INDEX = 'frozen.json';

type Definition = {
  readonly type: string;
  readonly version: number;
  read(stored: { type: string; version: number; data: unknown }): { version: number };
};

const isDefinition = (value: unknown): value is Definition =>
  typeof value === 'object' && value !== null && 'read' in value && 'of' in value && 'version' in value;

const exported: readonly unknown[] = Object.values(contracts);
const definitions = exported.filter(isDefinition);
const read = (name: string) => readFileSync(new URL(name, GOLDEN), 'utf8');
const samples = readdirSync(GOLDEN).filter((name) => name !== INDEX);
const frozen = JSON.parse(read(INDEX)) as Record<string, string>;
const nameOf = (type: string, version: number) => `${type}.v${version}.json`;
const released = definitions.flatMap(({ type, version }) =>
  Array.from({ length: version }, (_, index) => nameOf(type, index + 1)),
);

it('has a sample of every version of every event, and each sample an event', () => {
  expect(definitions.length).toBeGreaterThan(20);
  expect(samples.toSorted()).toEqual(released.toSorted());
});

it('has frozen every sample, and lost none that was frozen', () => {
  expect(Object.keys(frozen).toSorted()).toEqual(samples.toSorted());
});

describe.each(definitions.map((definition) => [definition.type, definition] as const))('%s', (type, definition) => {
  for (let version = 1; version <= definition.version; version += 1) {
    const name = nameOf(type, version);
    it(`still reads version ${version}, as it was written`, () => {
      const text = read(name);
      expect(createHash('sha256').update(text).digest('hex'), `${name} was changed`).toBe(frozen[name]);
      const event = definition.read({ type, version, data: JSON.parse(text) });
      expect(event).toMatchObject({ type, version: definition.version });
      // What was read must be what is written today: nothing of the sample may be lost on the way to the store again.
      expect(definition.read(event as never)).toEqual(event);
    });
  }

  it('loses nothing of a sample of today', () => {
    const data: unknown = JSON.parse(read(nameOf(type, definition.version)));
    expect(definition.read({ type, version: definition.version, data })).toMatchObject({ data });
  });
});
