import { Access, IdentityView, type Caller } from '#libs/access';
import { RevisionPublished, type DocumentChange } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore, ProjectionRunner, Publication, PUBLISHED_WAIT_MS, SubjectKeys } from '#libs/event-store';
import { ProblemError } from '#libs/http';
import type { Finding } from '#libs/policy-language';
import { Clock } from '#libs/telemetry';
import { Injectable } from '@nestjs/common';
import { policySetAggregate } from '../aggregates.js';
import type { Draft, DraftSource } from '../drafting/draft-messages.js';
import { Drafting } from '../drafting/drafting.js';
import { sha256, type WantedChange } from '../drafting/wanted-change.js';
import { enginePrincipal } from '../explain/subject-principal.js';
import { activePrincipals } from '../who-can/known-principals.js';
import { Promotions } from '../promotions/promotions.js';
import { applying, type Asked } from './applying.js';
import { mistakes } from './problems.js';
import { RightsToGrant } from './rights-to-grant.js';
import { StandingSets, type Standing } from './standing.adapter.js';
import { TenantTurns } from './tenant-turns.js';
import { UpstreamAddresses } from './upstream-addresses.js';

/** Another process's revision may come in between; then all is looked at again. */
const ATTEMPTS_MAX = 5;

export type Applied = {
  readonly revision: number;
  readonly changes: readonly Pick<DocumentChange, 'kind' | 'name' | 'digest'>[];
  readonly warnings: readonly Finding[];
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
  /** Whether the source carries tests, which are then run. */
  readonly hasTests?: boolean;
  /** What is wanted, on what is in force; asked again when somebody else was faster. */
  readonly source: (standing: Standing) => DraftSource;
};

/** The one way in which policy changes: all or nothing, as the next revision, by who may change each document. */
@Injectable()
export class ApplyPolicy {
  private readonly turns = new TenantTurns();

  constructor(
    private readonly access: Access,
    private readonly identity: IdentityView,
    private readonly rights: RightsToGrant,
    private readonly addresses: UpstreamAddresses,
    private readonly standing: StandingSets,
    private readonly drafting: Drafting,
    private readonly promotions: Promotions,
    private readonly store: EventStore,
    private readonly projections: ProjectionRunner,
    private readonly publication: Publication,
    private readonly subjectKeys: SubjectKeys,
    private readonly clock: Clock,
  ) {}

  async apply(request: Request): Promise<Applied> {
    const applied = await this.turns.take(request.tenantId, () => this.decide(request));
    // Whose turn is next does not wait for either.
    const [published] = await Promise.all([
      this.publication.reached(applied.position, PUBLISHED_WAIT_MS),
      applied.changes.length > 0 ? this.projections.catchUp([RevisionPublished.type]) : undefined,
    ]);
    return { ...applied, published };
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
    const standing = await this.standing.of(tenantId);
    const { wanted, warnings, exceeding } = await this.drafted(request, standing, granted);
    // Each changed document needs its kind's action.
    const asked = wanted.map(({ change }) => applying(change, tenantId, this.promotions.concerns(change, standing)));
    this.authorise(caller, asked.length > 0 ? asked : [otherwise], granted);
    const alone = await this.promotions.withoutSecondPerson(caller, tenantId, wanted);
    if (alone) throw this.access.secondPersonRequired(caller, applying(alone, tenantId, true));
    if (exceeding) throw this.access.grantRefused(caller, asked[0] ?? otherwise, exceeding);
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
    const outcome = await this.store.execute(policySetAggregate, tenantId, command, {
      context: { actor, tenantId, requestId, decisionId },
      expectedVersion: standing.version,
      readModels: 'left',
    });
    this.standing.took(standing, outcome);
    const { events, state, position } = outcome;
    return { revision: state.revision, changes: events[0]?.event.data.changes ?? [], warnings, position };
  }

  /** What is wrong with a change is told to whoever may change something here, and to nobody else. */
  private async drafted(request: Request, standing: Standing, granted: Set<string>): Promise<Draft> {
    try {
      const draft = await this.draft(request, standing);
      const refused = [...draft.errors, ...this.addresses.refused(draft.addresses), ...draft.failedTests];
      if (refused.length > 0) throw mistakes(refused);
      return draft;
    } catch (error) {
      if (error instanceof ProblemError || error instanceof DomainError) {
        this.authorise(request.caller, [request.otherwise], granted);
      }
      throw error;
    }
  }

  private draft({ caller, tenantId, hasTests, source }: Request, standing: Standing): Promise<Draft> {
    return this.drafting.draft({
      type: 'draft',
      tenantId,
      sets: standing,
      source: source(standing),
      people: hasTests ? activePrincipals(this.identity, tenantId).map(enginePrincipal) : [],
      holder: this.rights.holder(caller, tenantId),
      nowMs: this.clock.nowMs(),
    });
  }

  private async sealed(caller: Caller, { change, text }: WantedChange): Promise<DocumentChange> {
    if (text === null) return change;
    return { ...change, freeText: await this.subjectKeys.seal(caller.principalId, JSON.stringify(text)) };
  }
}
