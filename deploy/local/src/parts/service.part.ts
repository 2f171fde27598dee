import { mkdirSync } from 'node:fs';
import type { Part } from '../process/part.js';
import { answersOk } from './http-answer.js';
import { nodeCommand } from './node-command.js';

export type ServiceOptions = {
  readonly checkout: string;
  /** As in local.json: the service, and for further replicas of the gateway `gateway-2`… */
  readonly name: string;
  /** The script below `dist` that runs it. */
  readonly entry: string;
  readonly port: number;
  /** The replica's own folder. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Node's own options. */
  readonly flags: readonly string[];
};

/** One of Gatehouse's own services: a Node process that answers /readyz once it can do its work. */
export function servicePart({ checkout, name, entry, port, folder, env, flags }: ServiceOptions): Part {
  return {
    name,
    stopOrder: 1,
    stopSignal: 'SIGTERM',
    stopWithinMs: 15_000,
    readyWithinMs: 60_000,
    address: `http://127.0.0.1:${port}`,
    prepare: async () => void mkdirSync(folder, { recursive: true, mode: 0o700 }),
    command: () => nodeCommand(checkout, entry, env, [], flags),
    isReady: () => answersOk(`http://127.0.0.1:${port}/readyz`),
  };
}
