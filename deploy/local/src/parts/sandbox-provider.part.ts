import type { Part } from '../process/part.js';
import { answersOk } from './http-answer.js';
import { nodeCommand } from './node-command.js';

/** The provider that the demo's models are served by, with its control API, on loopback alone. */
export function sandboxProviderPart({ checkout, port }: { checkout: string; port: number }): Part {
  const env = { PORT: String(port), HOST: '127.0.0.1' };
  return {
    name: 'sandbox_provider',
    stopOrder: 1,
    stopSignal: 'SIGTERM',
    stopWithinMs: 5_000,
    readyWithinMs: 30_000,
    address: `http://127.0.0.1:${port}`,
    command: () => nodeCommand(checkout, 'deploy/local/sandbox-provider/main.js', env),
    isReady: () => answersOk(`http://127.0.0.1:${port}/_control/requests`),
  };
}
