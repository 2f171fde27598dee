import type { EachBatchPayload } from 'kafkajs';

/** What goes wrong with it. */
export type PuppetFaults = { readonly connect?: Error; readonly hangs?: boolean };
type Listener = (event: { payload: Record<string, unknown> }) => void;

/** A consumer that does nothing but what the test makes it say; what matters here is who looks after it. */
export class PuppetConsumer {
  readonly listeners = new Map<string, Listener>();
  disconnected = false;
  eachBatch: (payload: EachBatchPayload) => Promise<void> = async () => undefined;
  constructor(
    readonly groupId: string,
    private readonly faults: PuppetFaults = {},
  ) {}
  on(event: string, listener: Listener): void {
    this.listeners.set(event, listener);
  }
  say(event: string, payload: Record<string, unknown>): void {
    this.listeners.get(`consumer.${event}`)?.({ payload });
  }
  async connect(): Promise<void> {
    if (this.faults.connect) throw this.faults.connect;
  }
  readonly seeks: string[] = [];
  seek({ topic, partition, offset }: { topic: string; partition: number; offset: string }): void {
    this.seeks.push(`${topic}/${partition}@${offset}`);
  }
  async subscribe(): Promise<void> {}
  async run({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    this.eachBatch = eachBatch;
  }
  async disconnect(): Promise<void> {
    this.disconnected = true;
    if (this.faults.hangs) await new Promise(() => undefined);
  }
  join(): void {
    this.say('group_join', { memberAssignment: { t: [0] } });
  }
}
