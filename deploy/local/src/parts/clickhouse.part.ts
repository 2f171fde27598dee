import type { Part } from '../process/part.js';
import { answersOk } from './http-answer.js';
import { nodeCommand } from './node-command.js';

export type ClickHouseOptions = {
  readonly checkout: string;
  readonly folder: string;
  readonly port: number;
  /** Of the user `default`; empty for none. */
  readonly password: string;
};

/** The ClickHouse engine behind its HTTP front, on loopback alone, with its data in `folder`. */
export function clickhousePart({ checkout, folder, port, password }: ClickHouseOptions): Part {
  const env = { CLICKHOUSE_FRONT_PASSWORD: password };
  return {
    name: 'clickhouse',
    stopOrder: 3,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
    readyWithinMs: 60_000,
    address: `http://127.0.0.1:${port}`,
    command: () => nodeCommand(checkout, 'deploy/local/clickhouse-front/main.js', env, [String(port), folder]),
    isReady: () => answersOk(`http://127.0.0.1:${port}/ping`),
  };
}
