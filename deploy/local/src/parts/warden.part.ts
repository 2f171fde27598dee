import type { Part } from '../process/part.js';
import type { StackHome } from '../stack/stack-home.js';
import { nodeCommand } from './node-command.js';

/** See process/warden.ts. The first to be ended by a recovery, or it would end the new run's parts too. */
export function wardenPart(checkout: string, home: StackHome): Part {
  const args = [home.path('run'), String(home.launcher.pid), home.launcher.started];
  return {
    name: 'warden',
    stopOrder: 0,
    stopSignal: 'SIGKILL',
    stopWithinMs: 2_000,
    readyWithinMs: 10_000,
    address: '',
    command: () => nodeCommand(checkout, 'deploy/local/src/process/warden.js', {}, args),
    isReady: () => Promise.resolve(true),
  };
}
