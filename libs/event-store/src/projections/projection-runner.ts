import type { Logger } from '#libs/bus';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import { describeFailure } from '../database/failure.js';
import { advanceOne, advanceTogether, lockedPosition, type Folding } from './advance.js';
import { Rounds } from './rounds.js';
import type { ReadModel } from './read-model.js';

/** How often read models are brought up to date without being asked: after a crash between commit and catch-up. */
export const PROJECTION_POLL_MS = 1000;

export type ProjectionParts = Folding & {
  readonly em: EntityManager;
  readonly readModels: readonly ReadModel[];
  readonly logger: Logger;
};

/**
 * Keeps the read models of a service in step with its events; each moves its own position in the transaction that changes
 * its table. Those that are up to date but for the last commits move in one transaction; one that is far behind, or fails,
 * goes by itself and holds up no other.
 */
export class ProjectionRunner {
  private readonly rounds = new Rounds((models: readonly ReadModel[]) => this.together(models));
  /** Those of one read model that goes by itself. */
  private readonly alone: ReadonlyMap<ReadModel, Rounds<never, void>>;
  private readonly failures = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ProjectionParts) {
    this.alone = new Map(parts.readModels.map((model) => [model, new Rounds(() => this.run(model))]));
  }

  /** Builds what is new or behind, then goes on looking every second. */
  async start(): Promise<void> {
    await this.catchUp();
    this.timer = setInterval(() => void this.look(), PROJECTION_POLL_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.rounds.idle();
    await Promise.all([...this.alone.values()].map((rounds) => rounds.idle()));
  }

  /**
   * Resolves when every read model (or those that fold one of `types`) has everything that was committed before the
   * call. Never rejects: the events are there, whatever happens to a table; see {@link failing}.
   */
  async catchUp(types?: readonly string[]): Promise<void> {
    const concerned = this.parts.readModels.filter(
      (model) => !types || types.some((type) => model.types.includes(type)),
    );
    await this.bring(concerned);
  }

  /** Empties a read model and folds every event again, in one transaction: readers see the old or the new content. */
  async rebuild(name: string): Promise<void> {
    const model = this.parts.readModels.find((one) => one.name === name);
    if (!model) throw new RangeError(`There is no read model ${name}.`);
    await this.transaction(async (tx) => {
      await lockedPosition(tx, name);
      await model.truncate(tx);
      await sql`update projections set position = 0 where name = ${name}`.execute(tx.getKysely());
      while (await advanceOne(tx, model, this.parts));
    });
  }

  /** Read models whose last catch-up failed, and how; for readiness and alarms. */
  failing(): ReadonlyMap<string, string> {
    return this.failures;
  }

  /** One question for all of them: most of the time none is behind. */
  private async look(): Promise<void> {
    const behind = await this.behind().catch(() => this.parts.readModels);
    await this.bring(behind);
  }

  private async bring(models: readonly ReadModel[]): Promise<void> {
    const left = models.length > 0 ? await this.rounds.join(models) : [];
    const own = models.filter((model) => left.includes(model));
    await Promise.all(own.map((model) => this.alone.get(model)?.join([])));
  }

  /** Answers those that have to go by themselves: one that failed before, and all of them when one fails now. */
  private async together(models: readonly ReadModel[]): Promise<readonly ReadModel[]> {
    const sound = models.filter(({ name }) => !this.failures.has(name));
    try {
      const far = await this.transaction((tx) => advanceTogether(tx, sound, this.parts));
      return models.filter((model) => far.includes(model) || !sound.includes(model));
    } catch {
      return models;
    }
  }

  private async behind(): Promise<readonly ReadModel[]> {
    const em = this.parts.em.fork();
    const { rows } = await sql<{ last: string; name: string | null; position: string | null }>`
      select last, name, position from (select coalesce(max(position), 0) as last from events) as head
      left join projections on true`.execute(em.getKysely());
    const lastPosition = Number(rows[0]?.last ?? 0);
    const positions = new Map(rows.map(({ name, position }) => [name, Number(position)]));
    return this.parts.readModels.filter(({ name }) => (positions.get(name) ?? 0) < lastPosition);
  }

  private async run(model: ReadModel): Promise<void> {
    try {
      while (await this.transaction((tx) => advanceOne(tx, model, this.parts)));
      this.failures.delete(model.name);
    } catch (error) {
      const failure = describeFailure(error);
      this.failures.set(model.name, failure);
      this.parts.logger.error({ readModel: model.name, failure }, 'a read model could not be brought up to date');
    }
  }

  private transaction<Result>(work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
    return this.parts.em.fork().transactional((tx) => work(tx as EntityManager));
  }
}
