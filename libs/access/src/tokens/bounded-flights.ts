/** Work that is under way at once, and work that may wait for it. */
export type FlightBounds = { readonly atOnceMax: number; readonly waitingMax: number };

/** Runs each piece of work once however many ask for it meanwhile, and only so many pieces at a time. */
export class BoundedFlights<Result> {
  private readonly flights = new Map<string, Promise<Result>>();
  private readonly waiting: (() => void)[] = [];
  private atOnce = 0;

  constructor(private readonly bounds: FlightBounds) {}

  /** Undefined where too much is waiting already. */
  run(key: string, work: () => Promise<Result>): Promise<Result> | undefined {
    const known = this.flights.get(key);
    if (known) return known;
    if (this.waiting.length >= this.bounds.waitingMax) return undefined;
    const flight = this.fly(work).finally(() => this.flights.delete(key));
    this.flights.set(key, flight);
    return flight;
  }

  private async fly(work: () => Promise<Result>): Promise<Result> {
    if (this.atOnce < this.bounds.atOnceMax) this.atOnce += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      // Whoever waits longest takes the place over; it is free only when nobody does.
      const next = this.waiting.shift();
      if (next) next();
      else this.atOnce -= 1;
    }
  }
}
