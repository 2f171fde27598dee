import type { Logger } from '#libs/bus';
import type { OpenSealed } from '#libs/decider';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { EventReader } from '../aggregate.js';
import { describeFailure } from '../database/failure.js';
import { selectAfter, selectHeads, toRecorded } from '../store/event-rows.js';
import type { ReadModel } from './read-model.js';

/** Events of one transaction of a read model. */
export const PROJECTION_BATCH_MAX = 500;
/** How often read models are brought up to date without being asked: after a crash between commit and catch-up. */
export const PROJECTION_POLL_MS = 1000;

export type ProjectionParts = {
  readonly em: EntityManager;
  readonly readers: ReadonlyMap<string, EventReader>;
  readonly readModels: readonly ReadModel[];
  readonly logger: Logger;
  openAll(values: readonly unknown[], em: EntityManager): Promise<OpenSealed>;
};

type Run = { readonly running: Promise<void>; next?: Promise<void> };

/** Keeps the read models of a service in step with its events; each moves its own position in its own transaction. */
export class ProjectionRunner {
  private readonly runs = new Map<string, Run>();
  private readonly failures = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ProjectionParts) {}

  /** Builds what is new or behind, then goes on looking every second. */
  async start(): Promise<void> {
    await this.catchUp();
    this.timer = setInterval(() => void this.look(), PROJECTION_POLL_MS).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([...this.runs.values()].flatMap(({ running, next }) => [running, next]));
  }

  /**
   * Resolves when every read model (or those that fold one of `types`) has everything that was committed before the
   * call. Never rejects: the events are there, whatever happens to a table; see {@link failing}.
   */
  async catchUp(types?: readonly string[]): Promise<void> {
    const concerned = this.parts.readModels.filter(
      (model) => !types || types.some((type) => model.types.includes(type)),
    );
    await Promise.all(concerned.map((model) => this.joinRun(model)));
  }

  /** Empties a read model and folds every event again, in one transaction: readers see the old or the new content. */
  async rebuild(name: string): Promise<void> {
    const model = this.parts.readModels.find((one) => one.name === name);
    if (!model) throw new RangeError(`There is no read model ${name}.`);
    await this.transaction(async (tx) => {
      await lockedPosition(tx, name);
      await model.truncate(tx);
      await sql`update projections set position = 0 where name = ${name}`.execute(tx.getKysely());
      while (await this.advance(tx, model));
    });
  }

  /** Read models whose last catch-up failed, and how; for readiness and alarms. */
  failing(): ReadonlyMap<string, string> {
    return this.failures;
  }

  /** One question for all of them: most of the time none is behind. */
  private async look(): Promise<void> {
    const behind = await this.behind().catch(() => this.parts.readModels);
    await Promise.all(behind.map((model) => this.joinRun(model)));
  }

  private async behind(): Promise<readonly ReadModel[]> {
    const em = this.parts.em.fork();
    const { rows } = await sql<{ name: string; position: string }>`
      select name, position from projections`.execute(em.getKysely());
    const { lastPosition } = await selectHeads(em, []);
    const positions = new Map(rows.map(({ name, position }) => [name, Number(position)]));
    return this.parts.readModels.filter(({ name }) => (positions.get(name) ?? 0) < lastPosition);
  }

  /** One run per model at a time. Who comes while one runs needs the next one, and shares it with the others. */
  private joinRun(model: ReadModel): Promise<void> {
    const run = this.runs.get(model.name);
    if (run) return (run.next ??= run.running.then(() => this.startRun(model)));
    return this.startRun(model);
  }

  private startRun(model: ReadModel): Promise<void> {
    const running = this.run(model).finally(() => {
      if (this.runs.get(model.name)?.running === running) this.runs.delete(model.name);
    });
    this.runs.set(model.name, { running });
    return running;
  }

  private async run(model: ReadModel): Promise<void> {
    try {
      while (await this.transaction((tx) => this.advance(tx, model)));
      this.failures.delete(model.name);
    } catch (error) {
      const failure = describeFailure(error);
      this.failures.set(model.name, failure);
      this.parts.logger.error({ readModel: model.name, failure }, 'a read model could not be brought up to date');
    }
  }

  /** One batch. True if there may be more. */
  private async advance(tx: EntityManager, model: ReadModel): Promise<boolean> {
    const from = await lockedPosition(tx, model.name);
    // Asked first: everything up to it is visible to the statements that follow.
    const { lastPosition } = await selectHeads(tx, []);
    if (from >= lastPosition) return false;
    const rows = await selectAfter(tx, from, PROJECTION_BATCH_MAX, model.types);
    const recorded = rows.map((row) => toRecorded(row, this.parts.readers));
    const open = await this.parts.openAll(
      recorded.map(({ event }) => event.data),
      tx,
    );
    for (const one of recorded) await model.apply(tx, one, open);
    const full = rows.length === PROJECTION_BATCH_MAX;
    const reached = Math.max(recorded.at(-1)?.position ?? 0, full ? 0 : lastPosition);
    await sql`update projections set position = ${reached} where name = ${model.name}`.execute(tx.getKysely());
    return full;
  }

  private transaction<Result>(work: (tx: EntityManager) => Promise<Result>): Promise<Result> {
    return this.parts.em.fork().transactional((tx) => work(tx as EntityManager));
  }
}

async function lockedPosition(tx: EntityManager, name: string): Promise<number> {
  const db = tx.getKysely();
  const held = async () => {
    const { rows } = await sql<{ position: string }>`
      select position from projections where name = ${name} for update`.execute(db);
    return rows[0] && Number(rows[0].position);
  };
  const position = await held();
  if (position !== undefined) return position;
  await sql`insert into projections (name, position) values (${name}, 0) on conflict do nothing`.execute(db);
  return (await held()) ?? 0;
}
