import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../../../deploy/local/src/parts/node-flags.js';
import { checkout } from '../../../deploy/local/src/stack/checkout.js';
import type { WritersSecrets } from '../load/written-keys.js';
import { stopped } from './spawned.js';

const ENTRY = fileURLToPath(new URL('../../../apps/gateway/src/main.js', import.meta.url));
const REPORTER = new URL('../load/memory-reporter.process.js', import.meta.url).href;
const READY_MS_MAX = 300_000;
const TOLD_MS_MAX = 30_000;

type Surroundings = {
  readonly brokers: readonly string[];
  readonly secrets: WritersSecrets;
  /** Networks of upstreams beside public ones; none unless given. */
  readonly egressAllow?: string;
};

/** A gateway of its own, as it is deployed, with nothing but Kafka, its upstreams, and what it finds in `folder`. */
export class LoneGateway {
  readonly url: string;
  private child: ChildProcess | undefined;

  constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly around: Surroundings,
  ) {
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Answers how long it took from the start of its process until it was ready, ms. */
  async start(): Promise<number> {
    const begun = performance.now();
    const args = [...nodeFlags(checkout, 'gateway'), '--import', `${REPORTER}?to=${this.memoryFile}`, ENTRY];
    this.child = spawn(process.execPath, args, { env: this.environment(), stdio: ['ignore', 'ignore', 'inherit'] });
    while (!(await this.isReady())) {
      if (this.child.exitCode !== null) throw new Error(`The gateway ended with ${this.child.exitCode}.`);
      if (performance.now() - begun > READY_MS_MAX) throw new Error('The gateway is not ready.');
      await delay(20);
    }
    return performance.now() - begun;
  }

  /** Bytes, after a collection of garbage. */
  async memory(): Promise<NodeJS.MemoryUsage> {
    rmSync(this.memoryFile, { force: true });
    this.child?.kill('SIGUSR2');
    const end = performance.now() + TOLD_MS_MAX;
    for (;;) {
      const text = existsSync(this.memoryFile) ? readFileSync(this.memoryFile, 'utf8') : '';
      if (text.endsWith('}')) return JSON.parse(text) as NodeJS.MemoryUsage;
      if (performance.now() > end) throw new Error('The gateway does not tell its memory.');
      await delay(20);
    }
  }

  /** Of its process, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  async stop(): Promise<void> {
    if (this.child) await stopped(this.child);
  }

  private get memoryFile(): string {
    return join(this.folder, 'memory.json');
  }

  private async isReady(): Promise<boolean> {
    return fetch(`${this.url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  private environment(): NodeJS.ProcessEnv {
    const { brokers, secrets, egressAllow } = this.around;
    return {
      PORT: String(this.port),
      HOST: '127.0.0.1',
      GATEHOUSE_REPLICA: 'gateway-1',
      GATEHOUSE_DATA: this.folder,
      GATEHOUSE_PUBLIC_URL: this.url,
      KAFKA_BROKERS: brokers.join(','),
      GATEHOUSE_PEPPER: secrets.pepper,
      GATEHOUSE_BUS_KEY: secrets.busKey,
      GATEHOUSE_MASTER_KEY: secrets.masterKey,
      ...(egressAllow !== undefined && { GATEHOUSE_EGRESS_ALLOW: egressAllow }),
    };
  }
}
