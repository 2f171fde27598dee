import { createServer } from 'node:net';

/** Further gateways take the ports after audit's, up to the sandbox provider's. */
export const GATEWAYS_MAX = 7;

/** Below the range from which systems give out ports of their own accord. */
const BASES_FROM = 12_000;
const BASES = 600;
const SPAN = 30;
const BASE_ATTEMPTS_MAX = 50;

/** Where each part of a local stack listens, on 127.0.0.1. */
export type Ports = {
  readonly gateways: readonly number[];
  readonly identity: number;
  readonly policy: number;
  readonly audit: number;
  readonly sandbox_provider: number;
  readonly clickhouse: number;
  readonly postgres: number;
  readonly kafka: number;
  readonly kafka_controller: number;
};

/**
 * The usual ports, or, with a base, base + 0 gateway, 1 identity, 2 policy, 3 audit, 4 to 9 further gateways,
 * 10 sandbox provider, 11 ClickHouse, 12 PostgreSQL, 13 Kafka and 14 its controller.
 */
export function portsOf(base: number | undefined, gateways: number): Ports {
  const first = base ?? 8080;
  const further = Array.from({ length: gateways - 1 }, (_, index) => first + 4 + index);
  const services = {
    gateways: [first, ...further],
    identity: first + 1,
    policy: first + 2,
    audit: first + 3,
    sandbox_provider: first + 10,
  };
  if (base === undefined) return { ...services, clickhouse: 8123, postgres: 5433, kafka: 9094, kafka_controller: 9095 };
  return { ...services, clickhouse: base + 11, postgres: base + 12, kafka: base + 13, kafka_controller: base + 14 };
}

/** Ports that another process holds: which part wanted which. */
export class PortsTaken extends Error {
  override readonly name = 'PortsTaken';

  constructor(taken: readonly { part: string; port: number }[]) {
    const list = taken.map(({ part, port }) => `port ${port}, wanted by ${part}`).join('; ');
    super(`Already taken by another process: ${list}. Stop it, or move the stack: GATEHOUSE_PORT_BASE=18080`);
  }
}

/** Rejects with PortsTaken, naming all of them, unless each port can be listened on. */
export async function requireFree(wanted: readonly { part: string; port: number }[]): Promise<void> {
  const free = await Promise.all(wanted.map(({ port }) => isFree(port)));
  const taken = wanted.filter((_, index) => !free[index]);
  if (taken.length > 0) throw new PortsTaken(taken);
}

/** Some ports that are free now, for stacks of tests. */
export async function freePorts(count: number): Promise<number[]> {
  const held = await Promise.all(Array.from({ length: count }, () => hold(0)));
  await Promise.all(held.map((server) => server?.release()));
  return held.map((server) => server?.port ?? 0);
}

/** A base above which every port of a stack is free now, for stacks of tests. */
export async function freePortBase(): Promise<number> {
  for (let attempt = 0; attempt < BASE_ATTEMPTS_MAX; attempt++) {
    const base = BASES_FROM + SPAN * Math.floor(Math.random() * BASES);
    const free = await Promise.all(Array.from({ length: SPAN }, (_, offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error('No range of free ports was found.');
}

async function isFree(port: number): Promise<boolean> {
  const held = await hold(port);
  await held?.release();
  return held !== undefined;
}

function hold(port: number): Promise<{ port: number; release(): Promise<void> } | undefined> {
  const server = createServer();
  return new Promise((settled, failed) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? settled(undefined) : failed(error),
    );
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const release = () => new Promise<void>((closed) => void server.close(() => closed()));
      settled({ port: typeof address === 'object' && address ? address.port : port, release });
    });
  });
}
