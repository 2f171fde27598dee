import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ACCESS_STATE_FORMAT, type AccessState } from '#libs/access';
import { z } from 'zod';

const kind = 'gatehouse-snapshot-';
/** With the form of what it holds: another release's is read again from the logs. */
const magic = Buffer.from(`${kind}${ACCESS_STATE_FORMAT}\n`);
const macBytes = 32;
/** Some four million keys. */
const fileBytesMax = 1024 * 1024 * 1024;

const Whole = z.int().min(0);
/** Offsets are larger than what JSON keeps exact; -1 stands for none. */
const Offset = z.codec(z.string().regex(/^(?:-1|\d{1,19})$/u), z.bigint(), {
  decode: (text) => BigInt(text),
  encode: (offset) => offset.toString(),
});
const Place = { generation: Whole, epoch: Whole, position: Whole, offset: Offset };
const Topic = z.strictObject({
  topic: z.string(),
  topicId: z.string().nullable(),
  clusterId: z.string(),
  applied: z.strictObject(Place),
  /** The writer's last word, and when it was said: a silent writer stays silent over a restart. */
  watermark: z.strictObject({ ...Place, atMs: Whole }).nullable(),
  /** SHA-256 of the record at `applied.offset`, hex; null where there was none. */
  recordDigest: z.string().nullable(),
});
const Header = z.strictObject({
  writtenAtMs: Whole,
  topics: z.array(Topic),
  chunks: z.array(z.strictObject({ name: z.string(), bytes: Whole })),
});

/** What a replica knew, which logs it knew it from, and up to where. No secret is in it. */
export type Snapshot = {
  readonly writtenAtMs: number;
  readonly topics: readonly (AccessState['topics'][number] & { readonly recordDigest: string | null })[];
  readonly chunks: AccessState['chunks'];
};
export type SnapshotFault = 'missing' | 'readable_by_others' | 'too_large' | 'damaged' | 'other_version';

/** The key of a snapshot's MAC: whoever can write the file alone cannot make a gateway believe it. */
export function snapshotKey(busKey: Uint8Array): Buffer {
  return Buffer.from(hkdfSync('sha256', busKey, '', 'gatehouse gateway snapshot', macBytes));
}

/** Writes it whole or not at all, for this user's eyes only. */
export async function writeSnapshot(path: string, snapshot: Snapshot, key: Buffer): Promise<void> {
  const header = Buffer.from(JSON.stringify(headerOf(snapshot)));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  const parts = [magic, length, header, ...snapshot.chunks.map(({ bytes }) => bytes)];
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.draft`;
  const file = await open(draft, 'w', 0o600);
  try {
    // A draft of before keeps its mode when it is opened again.
    await chmod(draft, 0o600);
    for (const part of [...parts, mac.digest()]) await file.write(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** Reads one and checks its MAC before looking at anything in it. */
export async function readSnapshot(path: string, key: Buffer): Promise<Snapshot | SnapshotFault> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return 'missing';
  if ((found.mode & 0o077) !== 0) return 'readable_by_others';
  if (found.size > fileBytesMax) return 'too_large';
  const bytes = await readFile(path);
  const content = bytes.subarray(0, -macBytes);
  const mac = createHmac('sha256', key).update(content).digest();
  const given = bytes.subarray(-macBytes);
  if (given.length !== macBytes || !timingSafeEqual(mac, given)) return 'damaged';
  const isOfOtherVersion = content.indexOf(kind) === 0 && content.indexOf(magic) !== 0;
  return isOfOtherVersion ? 'other_version' : (parse(content) ?? 'damaged');
}

function parse(content: Buffer): Snapshot | undefined {
  if (!content.subarray(0, magic.length).equals(magic)) return undefined;
  const start = magic.length + 4;
  const end = start + content.readUInt32BE(magic.length);
  const header = Header.safeParse(JSON.parse(content.toString('utf8', start, end)));
  if (!header.success) return undefined;
  let at = end;
  const chunks = header.data.chunks.map(({ name, bytes }) => ({ name, bytes: content.subarray(at, (at += bytes)) }));
  return at === content.length ? { ...header.data, chunks } : undefined;
}

function headerOf({ writtenAtMs, topics, chunks }: Snapshot): z.input<typeof Header> {
  return z.encode(Header, {
    writtenAtMs,
    topics: [...topics],
    chunks: chunks.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
  });
}
