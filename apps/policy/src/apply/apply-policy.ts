import { Access, type Caller } from '#libs/access';
import { PLATFORM_TENANT, RevisionPublished, type DocumentChange } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { compile, CompileError } from '#libs/decision-engine';
import { EventStore, ProjectionRunner, Publication, PUBLISHED_WAIT_MS, SubjectKeys } from '#libs/event-store';
import { ProblemError } from '#libs/http';
import { readDocument, type Finding, type PolicyDocument } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { policySetAggregate } from '../aggregates.js';
import { DocumentHistory, type StoredDocument } from '../documents/document-history.adapter.js';
import { applying, type Asked } from './applying.js';
import { TenantTurns } from './tenant-turns.js';
import { sha256, type WantedChange } from './wanted-change.js';

/** Another process's revision may come in between; then all is looked at again. */
const ATTEMPTS_MAX = 5;

/** What is in force where a change is to be made. */
export type Standing = {
  readonly version: number;
  readonly own: readonly StoredDocument[];
  readonly platform: readonly StoredDocument[];
};

export type Applied = {
  readonly revision: number;
  readonly changes: readonly Pick<DocumentChange, 'kind' | 'name' | 'digest'>[];
  readonly position: number;
  readonly published: boolean;
};

type Decided = Omit<Applied, 'published'>;

type Request = {
  readonly caller: Caller;
  readonly tenantId: string;
  readonly reason?: string | undefined;
  readonly rollbackOf?: number;
  /** What is authorised when nothing would change. */
  readonly otherwise: Asked;
  /** Works out what is wanted on what is in force; asked again when somebody else was faster. */
  readonly want: (standing: Standing) => readonly WantedChange[] | Promise<readonly WantedChange[]>;
};

/** The one way in which policy changes: all or nothing, as the next revision, by who may change each document. */
@Injectable()
export class ApplyPolicy {
  private readonly turns = new TenantTurns();

  constructor(
    private readonly access: Access,
    private readonly store: EventStore,
    private readonly projections: ProjectionRunner,
    private readonly history: DocumentHistory,
    private readonly publication: Publication,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {}

  async apply(request: Request): Promise<Applied> {
    const applied = await this.turns.take(request.tenantId, () => this.decide(request));
    const published = await this.publication.reached(applied.position, PUBLISHED_WAIT_MS);
    return { ...applied, published };
  }

  async standing(tenantId: string): Promise<Standing> {
    // The version first: what is read after it is at least as new, and an append on an older version fails.
    const { version } = await this.store.load(policySetAggregate, tenantId);
    await this.projections.catchUp([RevisionPublished.type]);
    const own = await this.history.set(tenantId);
    const platform = tenantId === PLATFORM_TENANT ? [] : await this.history.set(PLATFORM_TENANT);
    return { version, own, platform };
  }

  private async decide(request: Request): Promise<Decided> {
    const granted = new Set<string>();
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      try {
        return await this.attempt(request, granted);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'precondition/failed') throw error;
      }
    }
    throw new DomainError('concurrency/conflict', 'Others keep changing this policy; try again.');
  }

  /** One recorded decision for a request, however often it is looked at again. */
  private authorise(caller: Caller, asked: readonly Asked[], granted: Set<string>): void {
    const idOf = ({ action, resource }: Asked) => `${action} ${resource.path}`;
    const open = asked.filter((each) => !granted.has(idOf(each)));
    if (open.length === 0) return;
    this.access.requireAll(caller, open);
    for (const each of open) granted.add(idOf(each));
  }

  private async attempt(request: Request, granted: Set<string>): Promise<Decided> {
    const { caller, tenantId, reason, rollbackOf, otherwise } = request;
    const standing = await this.standing(tenantId);
    const wanted = await this.wanted(request, standing, granted);
    // Each changed document needs its kind's action.
    const asked = wanted.map(({ change }) => applying(change, tenantId));
    this.authorise(caller, asked.length > 0 ? asked : [otherwise], granted);
    requireCompiles(tenantId, standing, wanted);
    const changes = await Promise.all(wanted.map((each) => this.sealed(caller, each)));
    const command = {
      type: 'PublishRevision' as const,
      tenantId,
      author: caller.principalId,
      reason: reason === undefined ? null : await this.subjectKeys.seal(caller.principalId, reason),
      rollbackOf: rollbackOf ?? null,
      changes,
      at: this.clock.nowIso(),
      sha256,
    };
    const { principalId: actor, requestId, decisionId } = caller;
    const { events, state, position } = await this.store.execute(policySetAggregate, tenantId, command, {
      context: { actor, tenantId, requestId, decisionId },
      expectedVersion: standing.version,
    });
    return { revision: state.revision, changes: events[0]?.event.data.changes ?? [], position };
  }

  /** What is wrong with a change is told to whoever may change something here, and to nobody else. */
  private async wanted({ caller, otherwise, want }: Request, standing: Standing, granted: Set<string>) {
    try {
      return differing(standing, await want(standing));
    } catch (error) {
      if (error instanceof ProblemError) this.authorise(caller, [otherwise], granted);
      throw error;
    }
  }

  private async sealed(caller: Caller, { change, text }: WantedChange): Promise<DocumentChange> {
    if (text === null) return change;
    return { ...change, freeText: await this.subjectKeys.seal(caller.principalId, JSON.stringify(text)) };
  }
}

function differing({ own }: Standing, wanted: readonly WantedChange[]): readonly WantedChange[] {
  const digests = new Map(own.map(({ kind, name, digest }) => [`${kind}/${name}`, digest]));
  return wanted.filter(({ change }) => digests.get(`${change.kind}/${change.name}`) !== (change.digest ?? undefined));
}

/** What would be in force must compile here, so that no gateway ever meets a set that does not. */
function requireCompiles(tenant: string, { own, platform }: Standing, wanted: readonly WantedChange[]) {
  const documents = new Map<string, PolicyDocument>(own.map((each) => [`${each.kind}/${each.name}`, each.document]));
  for (const { change } of wanted) {
    const id = `${change.kind}/${change.name}`;
    if (change.document === null) documents.delete(id);
    else documents.set(id, readDocument(change.document));
  }
  try {
    const platformDocuments = platform.map(({ document }) => document);
    compile({ tenant, documents: [...documents.values()], platformDocuments, policyRevision: 0, platformRevision: 0 });
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    throw mistakes([{ severity: 'error', rule: 'does-not-compile', ...nowhere, message: error.message }]);
  }
}

const nowhere = { file: '', line: 1, column: 1, pointer: '' };

/** 422 with one item per mistake: file, line, column, message, suggestion. */
export function mistakes(findings: readonly Finding[]): ProblemError {
  const detail = `The bundle has ${findings.length} ${findings.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed.`;
  return new ProblemError(422, 'policy/invalid', detail, { errors: findings.map(shownFinding) });
}

export function shownFinding({ file, line, column, message, ...rest }: Finding): Record<string, string | number> {
  const { rule, pointer, document, suggestion } = rest;
  const shown = { file, line, column, message, rule, ...(pointer && { pointer }) };
  return { ...shown, ...(document && { document }), ...(suggestion && { suggestion }) };
}
