import { z } from 'zod';

/** Longest JWE: of a prompt and an answer, each as long as a gateway may be told to keep. */
export const CONTENTS_JWE_BYTES_MAX = 720 * 1024;

const Bytes = z.int().min(0);

/**
 * Prompt and answer of one call, on `gateway.contents.v1`; key: `<tenant>/<decision>`. Best effort: the record of a call
 * does not depend on it. Sealed as state records are, so that nobody else's word is stored.
 */
export const ContentsRecord = z.strictObject({
  tenantId: z.string().min(1),
  decisionId: z.uuid(),
  at: z.iso.datetime(),
  /** Of the {@link ContentKeyRecord} that it was written for. */
  keyId: z.string().min(1),
  principalId: z.string(),
  /** As they were, whatever of them is kept. */
  requestBytes: Bytes,
  answerBytes: Bytes,
  isTruncated: z.boolean(),
  /** Compact JWE; see `libs/contents`. */
  jwe: z.string().min(1).max(CONTENTS_JWE_BYTES_MAX),
});
export type ContentsRecord = z.output<typeof ContentsRecord>;

export const contentsKey = ({ tenantId, decisionId }: Pick<ContentsRecord, 'tenantId' | 'decisionId'>) =>
  `${tenantId}/${decisionId}`;
