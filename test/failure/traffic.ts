import { setTimeout as pause } from 'node:timers/promises';
import { waitFor } from '#libs/testing';
import { admin, demoKey, openai } from '../system/system.js';
import { idOf, modelCall, unanswered, type Seen } from './model-call.js';

/** Somebody who calls again and again. `usual`: the status without a fault; undefined where the key is to be revoked. */
export type Caller = {
  readonly name: string;
  readonly gateway: 1 | 2 | undefined;
  readonly usual: number | undefined;
  readonly call: () => Promise<Seen>;
};
export type Observed = Seen & { readonly caller: Caller; readonly sentAtMs: number };

const EVERY_MS = 120;
const gateways = [1, 2] as const;
type Keys = { readonly revoked: string; readonly doomed: readonly string[] };

/** At both gateways: allowed, refused, streamed, with a key revoked before and with keys revoked on the way; and a few administrators. */
export function callersWith({ revoked, doomed }: Keys): Caller[] {
  return [...modelCallers({ revoked, doomed }), ...administrators()];
}

/** As `callersWith`, without those who need the services beside the gateway. */
export function modelCallers({ revoked, doomed }: Keys): Caller[] {
  return gateways.flatMap((gateway) => {
    const caller = (name: string, usual: number | undefined, key: string, model: string, stream = false): Caller => {
      const client = openai(key, { gateway });
      return { name, gateway, usual, call: () => modelCall(client, model, stream) };
    };
    return [
      caller('allowed', 200, demoKey('acme', 'manager'), 'local/llama-3'),
      caller('streamed', 200, demoKey('globex', 'manager'), 'openai-main/gpt-4', true),
      caller('refused', 403, demoKey('acme', 'viewer'), 'openai-main/gpt-4'),
      caller('revoked', 401, revoked, 'local/llama-3'),
      ...doomed.map((key, index) => caller(`doomed ${index}`, undefined, key, 'local/llama-3')),
    ];
  });
}

function administrators(): Caller[] {
  const asks = (service: 'identity' | 'policy' | 'audit', path: string, who: string, usual: number): Caller => ({
    name: `${who} asks ${service}`,
    gateway: undefined,
    usual,
    call: async () => {
      const { status, headers } = await admin(service, 'GET', path, demoKey('acme', who));
      return { status, code: '', id: idOf(headers), isWhole: true };
    },
  });
  return [
    asks('identity', '/v1/users?limit=1', 'admin', 200),
    asks('identity', '/v1/users?limit=1', 'viewer', 403),
    asks('policy', '/v1/roles?limit=1', 'admin', 200),
    asks('audit', '/v1/decisions?limit=1', 'auditor', 200),
  ];
}

/** Callers that go on until they are stopped, and everything that they saw. */
export class Traffic {
  readonly observed: Observed[] = [];
  private readonly loops: Promise<void>[];
  private isStopping = false;

  constructor(readonly callers: readonly Caller[]) {
    this.loops = callers.map((caller) => this.loop(caller));
  }

  /** Waits until everybody has been answered as without a fault, in a call that began after this one. */
  async flows(timeoutMs = 60_000): Promise<void> {
    const sinceMs = performance.now();
    for (const caller of this.callers.filter(({ usual }) => usual !== undefined)) {
      const isAnswered = () => {
        const own = this.observed.filter((seen) => seen.caller === caller && seen.sentAtMs > sinceMs);
        if (own.some(isUsual)) return true;
        const { status = 0, code = '' } = own.at(-1) ?? {};
        throw new Error(`the last of ${own.length} answers is ${status} ${code}`);
      };
      const what = `${caller.name} at ${caller.gateway ?? 'a service'} to be answered ${caller.usual}`;
      await waitFor(isAnswered, { timeoutMs, what });
    }
  }

  /** Ends it when every call under way has ended. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
  }

  private async loop(caller: Caller): Promise<void> {
    while (!this.isStopping) {
      const sentAtMs = performance.now();
      const seen = await caller.call().catch(() => unanswered);
      this.observed.push({ ...seen, caller, sentAtMs });
      await pause(EVERY_MS);
    }
  }
}

export function isUsual({ caller, status, isWhole }: Observed): boolean {
  return status === caller.usual && isWhole;
}
