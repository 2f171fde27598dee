import { startStack } from './start-stack.js';
import type { StackOptions } from './stack-options.js';

/** A launcher of its own process, for specs that kill it: the options as JSON in the first argument. */
const options = JSON.parse(process.argv[2] ?? '') as StackOptions;
const stack = await startStack(options);
process.once('SIGTERM', () => void stack.stop());
process.stdout.write(`${JSON.stringify(stack.pids())}\n`);
