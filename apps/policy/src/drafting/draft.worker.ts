import { parentPort } from 'node:worker_threads';
import type { FromThread, ToThread } from './draft-messages.js';
import { CompiledTenants } from './compiled-tenants.js';
import { Bundles, draft, readBundle } from './draft.js';
import { ParsedDocuments } from './parsed-documents.js';

const memory = { bundles: new Bundles(), parsed: new ParsedDocuments(), compiled: new CompiledTenants() };
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
const tell = (message: FromThread) => parentPort?.postMessage(message);

parentPort?.on('message', ({ job }: ToThread) => {
  try {
    const result =
      job.type === 'read' ? readBundle(memory.bundles.read(job.files)) : draft(job, memory, (stage) => tell({ stage }));
    tell({ result });
  } catch (error) {
    // Only a defect comes here; what it says may repeat the bundle, so it is for the log of the main thread alone.
    tell({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});
