import './engine-threads.config.js';
import { mkdirSync } from 'node:fs';
import { readConfig } from './front.config.js';

/** Stopping waits this long for statements under way; what is committed is on disk in any case. */
const STOP_MS_MAX = 15_000;
const RESULT_BYTES_MAX = 512 * 1024 * 1024;

const config = readConfig();
mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });

// Loaded late: the engine's library starts threads of its own, which must see what was set above.
const { Engine } = await import('./engine.js');
const { createFront } = await import('./front.js');

const engine = openEngine();
const front = createFront(engine, config);

front.on('error', (error) => {
  process.stderr.write(`ClickHouse front: ${error.message}\n`);
  process.exit(1);
});
front.listen(config.port, '127.0.0.1', () => {
  const address = front.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  process.stdout.write(`ClickHouse front: http://127.0.0.1:${port}\n`);
});

function openEngine() {
  try {
    return new Engine(config.dataDirectory, {
      max_execution_time: config.executionSecondsMax,
      max_memory_usage: config.memoryBytesMax,
      max_result_bytes: RESULT_BYTES_MAX,
      result_overflow_mode: 'throw',
      session_timezone: 'UTC',
    });
  } catch (error) {
    // The engine has said on stderr why; most often another process holds the directory.
    process.stderr.write(`ClickHouse front: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

let isStopping = false;
async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
  const closed = new Promise((resolve) => front.close(resolve));
  // A connection that was busy is kept alive after its answer, and would hold the server open.
  const sweep = setInterval(() => front.closeIdleConnections(), 20);
  await closed;
  clearInterval(sweep);
  await engine.close();
  process.exit(0);
}
process.on('SIGTERM', () => void stop());
process.on('SIGINT', () => void stop());
