import { closed, ended, entered, waitMs, type CallEnd, type CircuitBounds, type CircuitState } from './circuit.js';

type Health = { circuit: CircuitState; firstByteMs: number; measuredAtMs: number };

/** Models whose health is kept; the one that was longest not called makes room. */
const modelsMax = 10_000;
/** How much a new measure counts in the mean: about the last ten calls are remembered. */
const weightOfNew = 0.2;
/** A mean that nothing was added to for so long says nothing any more. */
const meanMsMax = 60_000;

export type UpstreamHealthOptions = {
  readonly monotonicMs: () => number;
  readonly bounds: CircuitBounds;
  /** Told of every circuit that opens or closes. */
  readonly onChange: (change: { tenantId: string; model: string; circuit: CircuitState['kind'] }) => void;
};

/** What is let through, to be given back at its end. */
export type Pass = {
  readonly tenantId: string;
  readonly model: string;
  /** Of both together. */
  readonly key: string;
  readonly probe: number | undefined;
};

/**
 * How the upstreams of this replica do, by provider account and model, for each tenant alone, so that nobody's calls and
 * time-outs keep others from an account that they share: a circuit, which keeps calls away from one that
 * fails, and the mean time to the first byte. Kept over revisions, and forgotten with the process.
 */
export class UpstreamHealth {
  private readonly known = new Map<string, Health>();
  private newest: string | undefined;
  private probes = 0;

  constructor(private readonly options: UpstreamHealthOptions) {}

  /** Ms until a call is let through; 0 where one is now. */
  waitMs(tenantId: string, model: string): number {
    const circuit = this.known.get(keyOf(tenantId, model))?.circuit;
    return circuit ? waitMs(circuit, this.options.monotonicMs()) : 0;
  }

  /** Lets a call through, where `waitMs` is 0. Each pass is given to `leave`, once. */
  enter(tenantId: string, model: string): Pass {
    const key = keyOf(tenantId, model);
    const health = this.of(key);
    if (health.circuit.kind === 'closed') return { tenantId, model, key, probe: undefined };
    this.probes += 1;
    health.circuit = entered(health.circuit, this.probes, this.options.monotonicMs(), this.options.bounds);
    return { tenantId, model, key, probe: this.probes };
  }

  /** `firstByteMs`: of an answer that was good; 0 where there was none. */
  leave({ tenantId, model, key, probe }: Pass, end: CallEnd, firstByteMs: number): void {
    const health = this.of(key);
    const nowMs = this.options.monotonicMs();
    const before = health.circuit.kind;
    health.circuit = ended(health.circuit, end, probe, nowMs, this.options.bounds);
    if (health.circuit.kind !== before) this.options.onChange({ tenantId, model, circuit: health.circuit.kind });
    if (end === 'good' && firstByteMs > 0) measure(health, firstByteMs, nowMs);
  }

  /** The exponentially weighted mean time to the first byte, in ms; undefined where nothing was measured of late. */
  firstByteMs(tenantId: string, model: string): number | undefined {
    const health = this.known.get(keyOf(tenantId, model));
    return health && isRecent(health, this.options.monotonicMs()) ? health.firstByteMs : undefined;
  }

  /** Circuits that are not closed. */
  openCount(): number {
    return [...this.known.values()].filter(({ circuit }) => circuit.kind !== 'closed').length;
  }

  private of(key: string): Health {
    const health = this.known.get(key) ?? {
      circuit: closed(this.options.monotonicMs()),
      firstByteMs: 0,
      measuredAtMs: -Infinity,
    };
    // One that stands there already is moved for nothing, and a map that is moved about in is built anew all the time.
    if (this.newest !== key) this.putLast(key, health);
    return health;
  }

  /** Behind all others: a map keeps the order in which its keys came. */
  private putLast(key: string, health: Health): void {
    this.newest = key;
    this.known.delete(key);
    this.known.set(key, health);
    if (this.known.size <= modelsMax) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}

function measure(health: Health, ms: number, nowMs: number): void {
  const former = isRecent(health, nowMs) ? health.firstByteMs : ms;
  health.firstByteMs = former + (ms - former) * weightOfNew;
  health.measuredAtMs = nowMs;
}

function isRecent({ measuredAtMs }: Health, nowMs: number): boolean {
  return nowMs - measuredAtMs <= meanMsMax;
}

function keyOf(tenantId: string, model: string): string {
  return `${tenantId}/${model}`;
}
