import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { SubjectKeys } from '#libs/event-store';
import { numberIn, page, pageQuery, problem } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { shownApplied } from '../apply/apply.controller.js';
import { ApplyPolicy } from '../apply/apply-policy.js';
import { applyActions, onAll } from '../apply/applying.js';
import type { Standing } from '../apply/standing.adapter.js';
import { TenantScope } from '../apply/tenant-scope.js';
import type { ChangesSource } from '../drafting/draft-messages.js';
import { deletionOf } from '../drafting/wanted-change.js';
import { DocumentHistory, type StoredText } from '../documents/document-history.adapter.js';
import { DocumentView } from '../documents/document-view.js';
import { RevisionList, type RevisionRow } from './revision-list.adapter.js';
import { appliedAnswers } from '../apply/apply-answers.js';
import { ShownDocument } from '../documents/document-answers.js';
import { RevisionDifferences } from './revision-differences.adapter.js';
import { ShownDifference, ShownRevision } from './revision-answers.js';

const tenant = z.string().min(1).max(63).optional();
const ListQuery = z.strictObject({ ...pageQuery, tenant });
type ListQuery = z.output<typeof ListQuery>;
const DifferenceQuery = z.strictObject({
  tenant,
  /** The revision to compare with; the one before, unless given. 0 is the empty set. */
  from: z
    .string()
    .regex(/^\d{1,15}$/, 'a revision is a number')
    .transform(Number)
    .optional(),
});
type DifferenceQuery = z.output<typeof DifferenceQuery>;
const OneQuery = z.strictObject({ tenant });
type OneQuery = z.output<typeof OneQuery>;
const Revision = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'a revision is a number')
  .transform(Number);
const RollbackBody = z.strictObject({ reason: z.string().min(1).max(200).optional() }).prefault({});
type RollbackBody = z.output<typeof RollbackBody>;

const resourceOf = (tenantId: string, revision: number | string) => ({
  type: 'revision',
  path: String(revision),
  tenant: tenantId,
});

@Controller('v1/revisions')
export class RevisionsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly revisions: RevisionList,
    private readonly history: DocumentHistory,
    private readonly view: DocumentView,
    private readonly differences: RevisionDifferences,
    private readonly policy: ApplyPolicy,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  @Get()
  @Requires('revision:read')
  @Answers('Lists revisions, newest first.', { 200: listOf(ShownRevision) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    const tenantId = this.scope.of(caller, 'revision:read', query.tenant);
    const { limit, after } = query;
    this.access.require(caller, 'revision:read', resourceOf(tenantId, '*'));
    const below = after === undefined ? Number.MAX_SAFE_INTEGER : numberIn(after);
    const rows = await this.revisions.page(tenantId, below, limit + 1);
    const shown = await Promise.all(rows.map(async (row) => ({ row, item: await this.shown(tenantId, row) })));
    return page(
      shown,
      limit,
      ({ row }) => [row.revision],
      ({ item }) => item,
    );
  }

  @Get(':revision')
  @Requires('revision:read')
  @Answers('Shows a revision.', { 200: ShownRevision })
  async get(
    @CallerParam() caller: Caller,
    @Param('revision', { schema: Revision }) revision: number,
    @Query({ schema: OneQuery }) query: OneQuery,
  ) {
    const { tenantId, row } = await this.find(caller, revision, query);
    return this.shown(tenantId, row);
  }

  /** The whole set as it was in force. */
  @Get(':revision/documents')
  @Requires('revision:read')
  @Answers('Lists the whole set of a revision.', { 200: listOf(ShownDocument) })
  async documents(
    @CallerParam() caller: Caller,
    @Param('revision', { schema: Revision }) revision: number,
    @Query({ schema: OneQuery }) query: OneQuery,
  ) {
    const { tenantId } = await this.find(caller, revision, query);
    const set = await this.history.set(tenantId, revision);
    const data = await Promise.all(set.map((document) => this.view.shown(document)));
    return { object: 'list', data, has_more: false };
  }

  /** Which documents, and which fields of them, are others than in an earlier (or later) revision. */
  @Get(':revision/difference')
  @Requires('revision:read')
  @Answers('Tells what differs between two revisions.', { 200: ShownDifference })
  async difference(
    @CallerParam() caller: Caller,
    @Param('revision', { schema: Revision }) revision: number,
    @Query({ schema: DifferenceQuery }) { from = revision - 1, ...query }: DifferenceQuery,
  ) {
    const { tenantId } = await this.find(caller, revision, query);
    if (from > 0 && !(await this.revisions.find(tenantId, from))) {
      throw problem(404, 'revision/not-found', 'There is no such revision to compare with.');
    }
    const { documents, more } = await this.differences.between(tenantId, from, revision);
    return { object: 'revision_difference', tenant: tenantId, from, to: revision, documents, more_documents: more };
  }

  /** Makes a new revision whose set is that of an old one. */
  @Post(':revision/rollback')
  @HttpCode(200)
  @Requires(...applyActions)
  @Answers('Makes a new revision whose set is that of an old one.', appliedAnswers)
  async rollback(
    @CallerParam() caller: Caller,
    @Param('revision', { schema: Revision }) revision: number,
    @Query({ schema: OneQuery }) query: OneQuery,
    @Body({ schema: RollbackBody }) { reason }: RollbackBody,
  ) {
    const tenantId = this.scope.of(caller, 'policy:apply', query.tenant);
    const otherwise = onAll('policy:apply', tenantId);
    const isThere = await this.revisions.find(tenantId, revision);
    if (!isThere) throw this.access.notFound(caller, otherwise.action, otherwise.resource);
    const target = await this.history.texts(tenantId, revision);
    const applied = await this.policy.apply({
      caller,
      tenantId,
      reason,
      rollbackOf: revision,
      otherwise,
      source: (standing) => restoring(target, standing),
    });
    return shownApplied(tenantId, applied);
  }

  private async find(caller: Caller, revision: number, query: OneQuery) {
    const tenantId = this.scope.of(caller, 'revision:read', query.tenant);
    const row = await this.revisions.find(tenantId, revision);
    if (!row) throw this.access.notFound(caller, 'revision:read', resourceOf(tenantId, revision));
    this.access.require(caller, 'revision:read', resourceOf(tenantId, revision));
    return { tenantId, row };
  }

  private async shown(tenantId: string, { reason, documentCount, setDigest, at, rollbackOf, ...row }: RevisionRow) {
    return {
      object: 'revision',
      tenant: tenantId,
      ...row,
      reason: reason && ((await this.subjectKeys.open(reason)) ?? '(erased)'),
      rollback_of: rollbackOf,
      document_count: documentCount,
      set_digest: setDigest,
      created_at: at,
    };
  }
}

/** What turns the set in force into an older one. Kept documents are in their kept form, so nothing is sealed anew. */
function restoring(target: readonly StoredText[], { own }: Standing): ChangesSource {
  const kept = new Set(target.map(({ kind, name }) => `${kind}/${name}`));
  const held = new Map(own.map(({ kind, name, digest }) => [`${kind}/${name}`, digest]));
  const settings = target
    .filter(({ kind, name, digest }) => held.get(`${kind}/${name}`) !== digest)
    .map(({ kind, name, text, digest, freeText }) => {
      return { kind, name, document: JSON.parse(text) as Record<string, unknown>, digest, freeText };
    });
  const deletions = own.filter(({ kind, name }) => !kept.has(`${kind}/${name}`)).map(deletionOf);
  return { type: 'changes', changes: [...settings, ...deletions.map(({ change }) => change)] };
}
