import { workerData } from 'node:worker_threads';
import { ServedThread } from './served-thread.js';
import type { ServingThreadData } from './thread-messages.js';

await ServedThread.open(workerData as ServingThreadData);
