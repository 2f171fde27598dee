import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { BackOff } from './back-off.js';
import type { LogFile } from './log-file.js';
import type { Part } from './part.js';
import { identify, type ProcessIdentity } from './process-identity.js';
import { signalTree } from './process-tree.js';
import { endTree } from './reap.js';
import type { RunRecords } from './run-records.js';

/** A part that cannot come up: how it ended, and the last lines of its log. */
export class PartFailed extends Error {
  override readonly name = 'PartFailed';
}

/** What the launcher says about its parts, for people. */
export type Narrator = (line: string) => void;
type Surroundings = {
  readonly log: LogFile;
  readonly records: RunRecords;
  readonly launcher: ProcessIdentity;
  readonly say: Narrator;
  /** Called whenever the pid changed. */
  readonly changed: () => void;
};

/** EX_CONFIG: the part refused its configuration, so starting it again changes nothing. */
const EXIT_CONFIG = 78;
const LOOK_EVERY_MS = 25;
const STARTS_MAX = 3;

/**
 * Runs one part: starts it, waits until it is ready, and starts it again when it dies without having been told to.
 * `stop`, `kill`, `pause` and `resume` are for tests that break things on purpose.
 */
export class SupervisedPart {
  private child: ChildProcess | undefined;
  private identity: ProcessIdentity | undefined;
  private wanted = false;
  private startedAtMs = 0;
  private lastEnd = '';
  private busy = false;
  private reviving = false;
  private readonly backOff = new BackOff();
  /** Serialises start and stop: two of them at once would leave a process that nobody knows. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    readonly part: Part,
    private readonly around: Surroundings,
  ) {}

  get name(): string {
    return this.part.name;
  }

  /** Of the running process; undefined while there is none. */
  get pid(): number | undefined {
    return this.identity?.pid;
  }

  /** Starts it and waits until it is ready. Rejects with PartFailed when it does not come up in a few attempts. */
  start(): Promise<void> {
    return this.inTurn(async () => {
      if (this.child) return;
      this.wanted = true;
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.launch();
        } catch (error) {
          const final = attempt === STARTS_MAX || !this.wanted || (error as { final?: boolean }).final;
          await this.end(this.part.stopSignal);
          if (final) {
            this.wanted = false;
            throw error;
          }
          this.around.say(`${this.name} ended (${this.lastEnd}) before it was ready; trying again`);
          await pause(this.backOff.nextMs(0));
        }
      }
    });
  }

  /** An orderly stop; it stays stopped until `start`. */
  stop(): Promise<void> {
    this.wanted = false;
    return this.inTurn(() => this.end(this.part.stopSignal));
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** `kill -9` of the process and all it started. The supervisor brings it back, as after any other death. */
  kill(): void {
    if (this.pid !== undefined) signalTree(this.pid, 'SIGKILL');
  }

  /** SIGSTOP to the whole process tree: it is there and does not answer. */
  pause(): void {
    if (this.pid !== undefined) signalTree(this.pid, 'SIGSTOP');
  }

  resume(): void {
    if (this.pid !== undefined) signalTree(this.pid, 'SIGCONT');
  }

  /** Waits until it does its work, for instance after a `kill`. Rejects with PartFailed after `withinMs`. */
  async ready(withinMs = this.part.readyWithinMs): Promise<void> {
    await this.untilReady(withinMs, () => undefined);
  }

  private async launch(): Promise<void> {
    await this.part.prepare?.();
    const ended = await this.spawn();
    await this.untilReady(this.part.readyWithinMs, () => ended.reason ?? (this.wanted ? undefined : 'stopped'));
    await this.part.afterReady?.();
  }

  private async spawn(): Promise<{ reason?: string }> {
    const { file, args, env, cwd, uid, gid } = await this.part.command();
    const ended: { reason?: string } = {};
    const output = this.around.log.open();
    // Its own session, so that Ctrl-C in the terminal reaches only the launcher, which then stops all in order. The
    // pipe on standard input is never written: its end tells the part that the launcher is gone.
    const child = spawn(file, args, {
      cwd,
      env: { ...env },
      detached: true,
      stdio: ['pipe', output.descriptor, output.descriptor],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    output.close();
    child.stdin?.on('error', () => undefined);
    this.child = child;
    this.startedAtMs = performance.now();
    child.once('error', (error) => this.gone(child, ended, error.message));
    child.once('exit', (code, signal) => this.gone(child, ended, signal ?? `exit ${code}`));
    if (child.pid !== undefined) this.remember(child.pid);
    return ended;
  }

  private remember(pid: number): void {
    const { records, launcher } = this.around;
    const { stopSignal, stopOrder } = this.part;
    this.identity = identify(pid);
    if (this.identity) records.write({ ...this.identity, part: this.name, launcher, stopSignal, stopOrder });
    this.around.changed();
  }

  private gone(child: ChildProcess, ended: { reason?: string }, reason: string): void {
    ended.reason = reason;
    if (this.child !== child) return;
    this.child = undefined;
    this.identity = undefined;
    this.around.records.remove(this.name);
    this.around.changed();
    this.lastEnd = reason;
    // While `start` or `stop` is at work, what happens next is theirs to say.
    if (!this.busy) void this.revive();
  }

  private async revive(): Promise<void> {
    if (!this.wanted || this.child || this.reviving) return;
    this.reviving = true;
    const waitMs = this.backOff.nextMs(performance.now() - this.startedAtMs);
    this.around.say(`${this.name} ended (${this.lastEnd}); starting it again in ${waitMs / 1_000} s`);
    await pause(waitMs, undefined, { ref: false });
    this.reviving = false;
    await this.inTurn(async () => {
      if (!this.wanted || this.child) return;
      try {
        await this.launch();
        this.around.say(`${this.name} is back`);
      } catch {
        // Whatever is left of it must not be in the way of the next attempt.
        await this.end('SIGKILL');
      }
    });
  }

  private async untilReady(withinMs: number, endedBy: () => string | undefined): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const reason = endedBy();
      if (reason) throw this.failure(`ended (${reason}) before it was ready`, reason === `exit ${EXIT_CONFIG}`);
      if (await this.part.isReady().catch(() => false)) return;
      if (performance.now() >= deadline) throw this.failure(`was not ready within ${withinMs / 1_000} s`, true);
      await pause(LOOK_EVERY_MS);
    }
  }

  private failure(what: string, final: boolean): PartFailed {
    const { log } = this.around;
    return Object.assign(new PartFailed(`${this.name} ${what}. The end of ${log.path}:\n${log.tail()}`), { final });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.identity) await endTree(this.identity, signal, this.part.stopWithinMs);
    await this.collected();
  }

  /** The exit event comes a moment after the process is gone. */
  private async collected(): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    await new Promise((exited) => child.once('exit', exited));
  }

  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.turn.then(async () => {
      this.busy = true;
      try {
        return await work();
      } finally {
        this.busy = false;
        void this.revive();
      }
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}
