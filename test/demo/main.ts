import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seedDemo } from '../../deploy/local/src/seed/demo.js';
import type { LocalJson } from '../../deploy/local/src/stack/local-json.js';
import { freePortBase } from '../../deploy/local/src/stack/ports.js';
import { startStack } from '../../deploy/local/src/stack/start-stack.js';
import { Stage } from './stage.js';
import { story } from './story.js';
import { tell } from './tell.js';

const say = (line: string) => void process.stdout.write(`${line}\n`);
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort(new Error(`${signal}: the demo was interrupted.`)));
}

const home = mkdtempSync(join(tmpdir(), 'gatehouse-demo-'));
try {
  process.exitCode = await demo();
} finally {
  rmSync(home, { recursive: true, force: true });
}

/** A stack of its own, from nothing; the story; and its end. @returns 0 only if every step was as told */
async function demo(): Promise<number> {
  const { signal } = interruption;
  say('A fresh stack comes up: two gateways, identity, policy and audit, with Kafka, PostgreSQL and ClickHouse.');
  const stack = await startStack({ home, portBase: await freePortBase(), gateways: 2, seed: seedDemo, say, signal });
  try {
    const local = JSON.parse(readFileSync(join(home, 'local.json'), 'utf8')) as LocalJson;
    return await tell(story, new Stage(local), say, signal);
  } finally {
    await stack.stop();
  }
}
