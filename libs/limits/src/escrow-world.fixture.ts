import type { Claim } from './claim.js';
import { Escrow } from './escrow.js';

type LogRecord = { readonly offset: number; readonly writer: string; readonly claim: Claim };
type Call = { readonly reserved: number };

/** One boot of a replica: what it knows, what it is about to send, and its calls. */
class Boot {
  readonly escrow: Escrow;
  /** Handed to the network, in order; may arrive even after the process has died. */
  readonly underWay: Claim[] = [];
  readonly calls: Call[] = [];
  waiting: number[] = [];
  /** Calls that wait for what others ask for. */
  contested: number[] = [];
  refused: number[] = [];
  /** Next offset to read. */
  next = 0;
  /** What its calls really used, and how much of it beyond their own reservations. */
  used = 0;
  beyond = 0;

  constructor(
    readonly name: string,
    limit: number,
  ) {
    this.escrow = new Escrow(name, limit);
  }

  get spent(): number {
    return this.used + this.calls.reduce((sum, { reserved }) => sum + reserved, 0);
  }
}

export type Action =
  | { readonly do: 'call'; readonly amount: number }
  | { readonly do: 'end'; readonly used: number }
  | { readonly do: 'publish' | 'send' | 'read' | 'giveBack' | 'withdraw' | 'crash' | 'compact' };

/** Replicas and their log, with everything that can happen to them, one step at a time: whoever calls `step` is the adversary. */
export class EscrowWorld {
  private log: LogRecord[] = [];
  private end = 0;
  private readonly living: Boot[] = [];
  private readonly dead: Boot[] = [];
  private boots = 0;

  constructor(
    readonly limit: number,
    replicas: number,
  ) {
    for (let n = 0; n < replicas; n += 1) this.living.push(this.boot());
  }

  step(replica: number, action: Action): void {
    const boot = this.living[replica % this.living.length] as Boot;
    if (action.do === 'call') this.call(boot, action.amount);
    else if (action.do === 'end') this.endCall(boot, action.used);
    else if (action.do === 'publish') this.publish(boot);
    else if (action.do === 'send') this.send([boot, ...this.dead].find(({ underWay }) => underWay.length > 0));
    else if (action.do === 'read') this.read(boot);
    else if (action.do === 'giveBack') boot.escrow.giveBack();
    else if (action.do === 'withdraw') boot.escrow.withdraw();
    else if (action.do === 'crash') this.crash(replica % this.living.length);
    else this.compact();
  }

  /** What calls used or hold, in all boots that ever were; and how much of it beyond their own reservations. */
  spent(): { all: number; beyond: number } {
    const boots = [...this.living, ...this.dead];
    const sum = (of: (boot: Boot) => number) => boots.reduce((total, boot) => total + of(boot), 0);
    return { all: sum(({ spent }) => spent), beyond: sum(({ beyond }) => beyond) };
  }

  /** Everything under way ends, arrives and is read; the dead are settled by what their spools say. */
  rest(): void {
    for (const boot of this.living) for (const { reserved } of boot.calls.splice(0)) boot.escrow.settle(reserved, 0);
    for (const boot of this.dead) {
      boot.underWay.splice(0);
      const settled = boot.spent;
      this.append(boot.name, { settled, accepted: settled, asking: 0, ask: 0 });
    }
    for (let round = 0; round < 4; round += 1) {
      for (const boot of this.living) {
        boot.waiting = [];
        boot.contested = [];
        boot.escrow.withdraw();
        boot.escrow.giveBack();
        this.publish(boot);
        while (boot.underWay.length > 0) this.send(boot);
      }
      for (const boot of this.living) while (boot.next < this.end) this.read(boot);
    }
  }

  /** Everything that was said arrives and is read, in whatever order `next` of so many says. Answers which calls were refused. */
  settleDown(next: (of: number) => number): readonly number[] {
    for (let steps: (() => void)[] = this.pending(); steps.length > 0; steps = this.pending())
      steps[next(steps.length)]?.();
    return this.living.flatMap(({ refused, waiting, contested }) => [...refused, ...waiting, ...contested]);
  }

  private pending(): (() => void)[] {
    return this.living.flatMap((boot) => [
      ...(boot.escrow.isDirty ? [() => this.publish(boot)] : []),
      ...(boot.underWay.length > 0 ? [() => this.send(boot)] : []),
      ...(boot.next < this.end ? [() => this.read(boot)] : []),
    ]);
  }

  /** Whether a call of that amount would be let through at a replica once the log has answered. */
  admits(replica: number, amount: number): boolean {
    const boot = this.living[replica % this.living.length] as Boot;
    const answer = boot.escrow.reserve(amount);
    if (answer !== 'wait') return answer === 'granted';
    this.publish(boot);
    while (boot.underWay.length > 0) this.send(boot);
    while (boot.next < this.end) this.read(boot);
    return boot.escrow.reserve(amount) === 'granted';
  }

  private boot(): Boot {
    this.boots += 1;
    return new Boot(`boot-${this.boots}`, this.limit);
  }

  /** @param behind what further calls need that try again in the same turn. */
  private call(boot: Boot, amount: number, behind: readonly number[] = []): void {
    const wanted = [...boot.waiting, ...behind].reduce((sum, each) => sum + each, amount);
    const answer = boot.escrow.reserve(amount, wanted);
    if (answer === 'granted') boot.calls.push({ reserved: amount });
    else if (answer === 'wait') boot.waiting.push(amount);
    else if (answer === 'contested') boot.contested.push(amount);
    else boot.refused.push(amount);
  }

  private endCall(boot: Boot, used: number): void {
    const call = boot.calls.shift();
    if (!call) return;
    boot.escrow.settle(call.reserved, used);
    boot.used += used;
    boot.beyond += Math.max(0, used - call.reserved);
  }

  private publish({ escrow, underWay }: Boot): void {
    if (escrow.isDirty) underWay.push(escrow.publish());
  }

  private send(boot: Boot | undefined): void {
    const claim = boot?.underWay.shift();
    if (boot && claim) this.append(boot.name, claim);
  }

  private append(writer: string, claim: Claim): void {
    this.log.push({ offset: this.end, writer, claim });
    this.end += 1;
  }

  private read(boot: Boot): void {
    const record = this.log.find(({ offset }) => offset >= boot.next);
    boot.next = record ? record.offset + 1 : this.end;
    if (!record) return;
    const isAnswer = boot.escrow.apply(record.writer, record.claim);
    const again = [...boot.contested.splice(0), ...(isAnswer ? boot.waiting.splice(0) : [])];
    for (const [n, amount] of again.entries()) this.call(boot, amount, again.slice(n + 1));
  }

  /** The process is gone with all that it knew; what it had handed to the network may still arrive. A new one begins. */
  private crash(index: number): void {
    this.dead.push(this.living[index] as Boot);
    this.living[index] = this.boot();
  }

  /** Keeps the last record of each writer, but nothing is removed that stands before an ask whose answer is awaited. */
  private compact(): void {
    const asks = this.living.filter(({ escrow }) => escrow.isAsking).map(({ next }) => next);
    const horizon = Math.min(this.end, ...asks);
    this.log = this.log.filter(
      ({ offset, writer }) =>
        !this.log.some((later) => later.writer === writer && later.offset > offset && later.offset < horizon),
    );
  }
}
