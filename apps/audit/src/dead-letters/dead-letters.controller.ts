import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { Bus, BusError, CUT_SUFFIX, redriven } from '#libs/bus';
import { PLATFORM_TENANT } from '#libs/contracts';
import { DomainError } from '#libs/decider';
import { EventStore } from '#libs/event-store';
import { page, pageQuery, refusal } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { IngestSource } from '../ingest/ingest-source.js';
import { BuriedRecords } from './buried-records.js';
import { deadLetterAggregate } from './dead-letter.aggregate.js';
import type { DeadLetterState } from './dead-letter.decider.js';
import { ShownLetter } from './letter-answers.js';
import { letterCursor, LetterList, type NotedLetter } from './letter-list.js';
import { placeOfLetter } from './letter-row.js';

const ListQuery = z.strictObject({ ...pageQuery, status: z.enum(['dead', 'redriven']).optional() });
type ListQuery = z.output<typeof ListQuery>;

/** Nobody knows whose a letter is, so they are the platform's: the operator's to see. */
const resourceOf = (id: string) => ({ type: 'audit', path: `dead-letters/${id}`, tenant: PLATFORM_TENANT });

/** Records that a service could not store or act upon: where they came from and why, and the way to send them again. */
@Controller('v1/dead-letters')
export class DeadLettersController {
  constructor(
    private readonly access: Access,
    private readonly letters: LetterList,
    private readonly buried: BuriedRecords,
    private readonly bus: Bus,
    private readonly source: IngestSource,
    private readonly store: EventStore,
    private readonly clock: Clock,
  ) {}

  @Get()
  @Requires('audit:read')
  @Answers('Lists dead letters, newest first.', { 200: listOf(ShownLetter) })
  async list(@CallerParam() caller: Caller, @Query({ schema: ListQuery }) query: ListQuery) {
    this.access.require(caller, 'audit:read', resourceOf('*'));
    return page(await this.letters.page(query), query.limit, letterCursor, (row) => this.shown(row));
  }

  @Get(':letterId')
  @Requires('audit:read')
  @Answers('Shows a dead letter.', { 200: ShownLetter })
  async get(@CallerParam() caller: Caller, @Param('letterId') id: string) {
    const letter = await this.find(caller, 'audit:read', id);
    const { state } = await this.store.load(deadLetterAggregate, id);
    return this.shown(letter, state);
  }

  /**
   * Recorded first, sent then: if the log cannot be written, asking again sends it. What it holds is stored once, however
   * often it is sent.
   */
  @Post(':letterId/redrive')
  @HttpCode(200)
  @Requires('audit:redrive')
  @Answers('Sends a dead letter again, to where it came from.', { 200: ShownLetter })
  async redrive(@CallerParam() caller: Caller, @Param('letterId') id: string) {
    const letter = await this.find(caller, 'audit:redrive', id);
    if (!this.isRedrivable(letter)) {
      throw new DomainError('dead-letter/not-redrivable', 'Only whole records of decisions can be sent again.');
    }
    const record = await this.buried.read(letter.kafka_topic, BigInt(letter.kafka_offset));
    if (!record) throw new DomainError('dead-letter/gone', 'The log does not hold its record any more.');
    const { principalId: actor, requestId, decisionId } = caller;
    const context = { actor, tenantId: PLATFORM_TENANT, requestId, decisionId };
    const { source_topic: topic, source_partition: partition, reason: givenUpFor } = letter;
    const command = { type: 'RedriveDeadLetter' as const, letterId: id, topic, partition, givenUpFor };
    const at = this.clock.nowIso();
    const { state } = await this.store.execute(deadLetterAggregate, id, { ...command, at }, { context });
    await this.send(redriven(record));
    return this.shown(letter, state);
  }

  private async find(caller: Caller, action: 'audit:read' | 'audit:redrive', id: string): Promise<NotedLetter> {
    // Whether there is one is the operator's to know.
    if (!caller.operator || !placeOfLetter(id)) throw this.access.notFound(caller, action, resourceOf(id));
    const letter = await this.letters.find(id);
    if (!letter) throw this.access.notFound(caller, action, resourceOf(id));
    this.access.require(caller, action, resourceOf(id));
    return letter;
  }

  private async send(record: ReturnType<typeof redriven>): Promise<void> {
    try {
      await this.bus.publish([record]);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw refusal('audit_unavailable', 'The log cannot be written; ask again in a moment.');
    }
  }

  private isRedrivable({ source_topic: topic, reason }: NotedLetter): boolean {
    return !reason.endsWith(CUT_SUFFIX) && this.source.topics.some(({ name }) => name === topic);
  }

  private shown(letter: NotedLetter, state?: DeadLetterState): z.output<typeof ShownLetter> {
    const { times, lastAt } = state ?? { times: letter.redriven_times, lastAt: letter.redriven_at };
    return {
      object: 'dead_letter',
      id: letter.letter_id,
      status: times > 0 ? 'redriven' : 'dead',
      at: letter.at,
      reason: letter.reason,
      attempts: letter.attempts,
      source: {
        topic: letter.source_topic,
        partition: letter.source_partition,
        offset: letter.source_offset,
        at: letter.source_at,
      },
      value_bytes: letter.value_bytes,
      value_sha256: letter.value_sha256,
      redrivable: this.isRedrivable(letter),
      redriven_from: letter.redriven_from || null,
      redriven_at: lastAt,
      redriven_times: times,
    };
  }
}
