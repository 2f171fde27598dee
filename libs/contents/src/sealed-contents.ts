import { compactDecrypt, CompactEncrypt, type CryptoKey } from 'jose';
import { KEY_ALGORITHM } from './content-key.js';
import { KeptContents } from './kept-contents.js';

const ENCRYPTION = 'A256GCM';
const TYPE = 'gatehouse-contents+1';

/** What contents are sealed for: they open for exactly this call of this tenant, and say which key they were written for. */
export type ContentsPlace = { readonly tenantId: string; readonly decisionId: string; readonly keyId: string };

/** Thrown where sealed contents do not open. Nothing of them, nor the cipher's error, is in it. */
export class ContentsUnreadable extends Error {
  override readonly name = 'ContentsUnreadable';
  constructor({ tenantId, decisionId, keyId }: ContentsPlace) {
    super(`What is kept of ${tenantId}/${decisionId} does not open with ${keyId}.`);
  }
}

/** As compact JWE (RFC 7516, 8037). Whoever seals cannot open: the other half of the key is needed for that. */
export function sealContents(
  key: CryptoKey,
  { tenantId, decisionId, keyId }: ContentsPlace,
  contents: KeptContents,
): Promise<string> {
  const place = { kid: keyId, tenant: tenantId, decision: decisionId };
  return new CompactEncrypt(Buffer.from(JSON.stringify(contents)))
    .setProtectedHeader({ alg: KEY_ALGORITHM, enc: ENCRYPTION, typ: TYPE, ...place })
    .encrypt(key);
}

/** @throws ContentsUnreadable where they were sealed for another key or call, or changed. */
export async function openContents(key: CryptoKey, place: ContentsPlace, jwe: string): Promise<KeptContents> {
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(jwe, key, {
      keyManagementAlgorithms: [KEY_ALGORITHM],
      contentEncryptionAlgorithms: [ENCRYPTION],
    });
    const { kid, typ, tenant, decision } = protectedHeader;
    const isOfPlace = kid === place.keyId && tenant === place.tenantId && decision === place.decisionId;
    if (!isOfPlace || typ !== TYPE) throw new ContentsUnreadable(place);
    return KeptContents.parse(JSON.parse(Buffer.from(plaintext).toString('utf8')));
  } catch {
    throw new ContentsUnreadable(place);
  }
}
