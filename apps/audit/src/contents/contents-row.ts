import { readRecord } from '#libs/access';
import { verifyRecord, type BusRecord, type MacKey } from '#libs/bus';
import { contentsKey, ContentsRecord, fitsTimeColumn } from '#libs/contracts';

/** One row of `contents`. */
export type ContentsRow = {
  readonly tenant_id: string;
  readonly decision_id: string;
  readonly at: string;
  readonly key_id: string;
  readonly principal_id: string;
  readonly request_bytes: number;
  readonly answer_bytes: number;
  readonly truncated: boolean;
  readonly jwe: string;
};

/** Undefined for what no gateway of ours wrote, or wrote for another call. */
export function rowOfContents(macKey: MacKey, record: BusRecord): ContentsRow | undefined {
  const verified = verifyRecord(macKey, record);
  if (!verified.ok || !verified.record.value) return undefined;
  const { key, value } = verified.record;
  const read = readRecord(ContentsRecord, value, (contents) => contentsKey(contents) === key);
  if (!read) return undefined;
  const at = new Date(read.at).toISOString();
  if (!fitsTimeColumn(at)) return undefined;
  return {
    tenant_id: read.tenantId,
    decision_id: read.decisionId,
    at,
    key_id: read.keyId,
    principal_id: read.principalId,
    request_bytes: read.requestBytes,
    answer_bytes: read.answerBytes,
    truncated: read.isTruncated,
    jwe: read.jwe,
  };
}
