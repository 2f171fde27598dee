import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../deploy/local/src/stack/ports.js';
import { startStores } from '../../../deploy/local/src/stack/start-stores.js';
import { LoneGateway } from '../arms/lone-gateway.js';
import { Writers, writersSecrets } from '../load/written-keys.js';
import type { BenchSection } from '../section.js';

const MIB = 1024 * 1024;
/** Both are the same to whoever holds a key: it is known, and may do nothing. */
const KNOWN = 403;
type Start = { readonly what: string; readonly readyMs: number; readonly memory: NodeJS.MemoryUsage };

/** What many keys cost a gateway at its start and in memory. */
export const section: BenchSection = {
  title: 'A gateway that starts with many keys',
  method:
    'A gateway process as it is deployed, with Kafka alone, on a log of `--keys` keys of a tenth as many users in a thousandth as many tenants: from the start of the process until it is ready, ' +
    'first without any key, then from the log, then from the snapshot file that its orderly stop has left. After each start the last key is shown, and must be known. Memory is that of the process after a collection of garbage. Kafka shares the machine with it.',
  async measure({ options, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'gatehouse-many-keys-'));
    const stores = await startStores(join(folder, 'stores'), say);
    const secrets = writersSecrets();
    const writers = new Writers(stores.kafka.brokers, secrets);
    const [port = 0] = await freePorts(1);
    const data = join(folder, 'gateway');
    mkdirSync(data);
    const gateway = new LoneGateway(data, port, { brokers: stores.kafka.brokers, secrets });
    try {
      await writers.open();
      const starts = [await started(gateway, 'no key, from the log')];
      rmSync(data, { recursive: true });
      mkdirSync(data);
      const text = (await writers.keys(options.keys, say)).at(-1);
      for (const what of ['from the log', 'from the snapshot file']) {
        say(`${options.keys} keys, ${what}`);
        starts.push(await started(gateway, `${options.keys} keys, ${what}`, text));
      }
      return { markdown: markdown(starts), figures: { options, starts } };
    } finally {
      await gateway.stop();
      await writers.close();
      await stores.stack.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Starts it, looks at it, and stops it in order, which writes the snapshot file. */
async function started(gateway: LoneGateway, what: string, text?: string): Promise<Start> {
  const readyMs = await gateway.start();
  if (text) await known(gateway, text);
  const memory = await gateway.memory();
  await gateway.stop();
  return { what, readyMs, memory };
}

async function known({ url }: LoneGateway, text: string): Promise<void> {
  const headers = { authorization: `Bearer ${text}`, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'main/any', messages: [] });
  const { status } = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body });
  if (status !== KNOWN) throw new Error(`The last key was answered ${status} instead of ${KNOWN}.`);
}

function markdown(starts: readonly Start[]): string {
  const mib = (bytes: number) => (bytes / MIB).toFixed(0);
  const rows = starts.map(
    ({ what, readyMs, memory: { rss, heapUsed, external } }) =>
      `| ${what} | ${(readyMs / 1_000).toFixed(2)} | ${mib(rss)} | ${mib(heapUsed)} | ${mib(external)} |`,
  );
  return [
    '| start | ready after s | memory MiB | JS heap MiB | off the heap MiB |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
