import { CONTENTS_JWE_BYTES_MAX } from '#libs/contracts';
import { CompactEncrypt } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { newContentKeyPair, readKeyPair, readPublicKey, type ContentKeyPair } from './content-key.js';
import { PIECE_BYTES_MAX, type KeptContents } from './kept-contents.js';
import { ContentsUnreadable, openContents, sealContents } from './sealed-contents.js';

const place = { tenantId: 'acme', decisionId: '0197a1b2-0000-7000-8000-000000000001', keyId: 'ck_1' };
const piece = (bytes: Buffer) => ({
  contentType: 'application/json',
  bytes: bytes.length,
  omitted: null,
  isTruncated: false,
  base64: bytes.toString('base64'),
});
const contents: KeptContents = { request: piece(Buffer.from('a marked prompt')), answer: piece(Buffer.from('answer')) };
let acme: ContentKeyPair;
let globex: ContentKeyPair;
let jwe: string;

beforeAll(async () => {
  [acme, globex] = [await newContentKeyPair(), await newContentKeyPair()];
  jwe = await sealContents(await readPublicKey(acme.publicKey), place, contents);
});
const opened = async (with_: ContentKeyPair, at: Partial<typeof place>, text = jwe) =>
  openContents(await readKeyPair(with_), { ...place, ...at }, text);

describe('contents', () => {
  it('open with the private key that they were written for, for the call that they are of', async () => {
    expect(await opened(acme, {})).toEqual(contents);
  });

  it('do not open with another tenant’s key, as another call’s, nor under a key’s forged name', async () => {
    const attempts = [
      opened(globex, {}),
      opened(acme, { tenantId: 'globex' }),
      opened(acme, { decisionId: '0197a1b2-0000-7000-8000-000000000002' }),
      opened(acme, { keyId: 'ck_2' }),
    ];
    // All are under way at once: one that fails before it is awaited by itself would be an unhandled rejection.
    const unreadable = { status: 'rejected', reason: expect.any(ContentsUnreadable) as unknown };
    expect(await Promise.allSettled(attempts)).toEqual(attempts.map(() => unreadable));
  });

  it('do not open once anything of them is changed: header, key, nonce, text or tag', async () => {
    const parts = jwe.split('.');
    expect(parts).toHaveLength(5);
    for (const [index, part] of parts.entries()) {
      const changed = [...parts];
      changed[index] = part === '' ? 'AA' : `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}`;
      await expect(opened(acme, {}, changed.join('.')), `part ${index}`).rejects.toThrow(ContentsUnreadable);
    }
  });

  it('that say they are of this call, and are of another form, are not taken for contents', async () => {
    const key = await readPublicKey(acme.publicKey);
    const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'ck_1', tenant: 'acme', decision: place.decisionId };
    const forged = (typ: string, text: string) =>
      new CompactEncrypt(Buffer.from(text)).setProtectedHeader({ ...header, typ }).encrypt(key);
    const right = 'gatehouse-contents+1';
    await expect(opened(acme, {}, await forged('other', JSON.stringify(contents)))).rejects.toThrow(ContentsUnreadable);
    await expect(opened(acme, {}, await forged(right, '{"request":1}'))).rejects.toThrow(ContentsUnreadable);
    expect(await opened(acme, {}, await forged(right, JSON.stringify(contents)))).toEqual(contents);
  });

  it('tell nothing of themselves, sealed or in the error', async () => {
    expect(jwe).not.toContain(Buffer.from('a marked prompt').toString('base64').slice(0, 12));
    const error = await opened(globex, {}).catch((thrown: unknown) => thrown);
    expect((error as Error).message).not.toMatch(/marked|decryption/u);
    expect((error as Error).cause).toBeUndefined();
  });

  it('of the largest bound fit into a record of the bus', async () => {
    const large = piece(Buffer.alloc(PIECE_BYTES_MAX, 0xff));
    const sealed = await sealContents(await readPublicKey(acme.publicKey), place, { request: large, answer: large });
    expect(sealed.length).toBeLessThanOrEqual(CONTENTS_JWE_BYTES_MAX);
    expect(await opened(acme, {}, sealed)).toEqual({ request: large, answer: large });
  });
});

it('refuses what is no key', async () => {
  await expect(readPublicKey('AAAA')).rejects.toThrow();
  await expect(readKeyPair({ ...acme, privateKey: '' })).rejects.toThrow();
});
