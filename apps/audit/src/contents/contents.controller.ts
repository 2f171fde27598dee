import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { ContentsUnreadable, openContents, type KeptContents, type KeptPiece } from '#libs/contents';
import { problem } from '#libs/http';
import { Answers } from '#libs/openapi';
import { Logger } from '#libs/telemetry';
import { Controller, Get, Param } from '@nestjs/common';
import { isDecisionId } from '../records/record-list.js';
import { ShownContents } from './contents-answers.js';
import { ContentKeys } from './content-keys.js';
import type { ContentsRow } from './contents-row.js';
import { ContentsTable } from './contents-table.js';

const ACTION = 'audit:contents';

/** Prompts and answers of a tenant, for those whom it lets read them; operators are not among them. */
@Controller('v1/decisions')
export class ContentsController {
  constructor(
    private readonly access: Access,
    private readonly table: ContentsTable,
    private readonly keys: ContentKeys,
    private readonly logger: Logger,
  ) {}

  /** Each read is a decision on record that names what was read, and stands there before the answer is sent. */
  @Get(':decisionId/contents')
  @Requires(ACTION)
  @Answers(
    'Shows the prompt and the answer of a call, where its tenant had them kept.',
    { 200: ShownContents },
    { problems: [410] },
  )
  async contents(@CallerParam() caller: Caller, @Param('decisionId') id: string) {
    const row = await this.find(caller, id);
    const contents = await this.open(row);
    return {
      object: 'decision_contents',
      decision_id: row.decision_id,
      tenant_id: row.tenant_id,
      principal_id: row.principal_id,
      at: row.at,
      key_id: row.key_id,
      truncated: row.truncated,
      request: shown(contents.request),
      answer: contents.answer && shown(contents.answer),
    };
  }

  private async find(caller: Caller, id: string): Promise<ContentsRow> {
    const { tenantId: tenant, principalId } = caller;
    const resource = { type: 'audit', path: `contents/${id}`, tenant };
    // Who runs the system does not read what its tenants say.
    if (caller.operator) throw this.access.notFound(caller, ACTION, resource);
    const row = isDecisionId(id) ? await this.table.find(tenant, id) : undefined;
    const own = { ...resource, owner: principalId };
    const asked = row ? { ...resource, owner: row.principal_id } : own;
    const isHidden = !row || !this.access.allowed(caller, ACTION, asked);
    // Of others' calls one learns no more than of calls that are not there.
    if (isHidden && this.access.allowed(caller, ACTION, own)) throw this.access.notFound(caller, ACTION, resource);
    this.access.require(caller, ACTION, asked);
    if (!row) throw this.access.notFound(caller, ACTION, resource);
    return row;
  }

  private async open({ tenant_id, decision_id, key_id, jwe }: ContentsRow): Promise<KeptContents> {
    const key = await this.keys.pairOf(tenant_id, key_id);
    if (!key) throw problem(410, 'contents/key-gone', 'The key that this was kept under is gone, and this with it.');
    const place = { tenantId: tenant_id, decisionId: decision_id, keyId: key_id };
    try {
      return await openContents(key, place, jwe);
    } catch (error) {
      if (!(error instanceof ContentsUnreadable)) throw error;
      this.logger.error({ decision_id }, 'what is kept of a call does not open with its key');
      throw problem(410, 'contents/unreadable', 'What is stored is not what was kept of this call.');
    }
  }
}

function shown({ contentType, bytes, omitted, isTruncated, base64 }: KeptPiece) {
  const text = textOf(Buffer.from(base64, 'base64'), isTruncated);
  const isText = text !== undefined && omitted === null;
  return {
    content_type: contentType,
    bytes,
    omitted,
    truncated: isTruncated,
    text: isText ? text : null,
    base64: isText || omitted !== null ? null : base64,
  };
}

/** Undefined for what is no UTF-8. What was cut off may end within a character, which is left out. */
function textOf(bytes: Uint8Array, isTruncated: boolean): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isTruncated });
  } catch {
    return undefined;
  }
}
