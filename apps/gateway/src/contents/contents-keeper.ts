import type { Counter } from '#libs/telemetry';
import type { Reached } from '../pipeline/exchange.js';
import { CallContents } from './call-contents.js';
import type { ContentKeyTable } from './content-key-table.js';
import type { ContentsQueue } from './contents-queue.js';

export type ContentsKeeperOptions = {
  readonly keys: Pick<ContentKeyTable, 'has'>;
  readonly queue: Pick<ContentsQueue, 'add'>;
  readonly lost: Counter;
  /** Of a prompt, and of an answer. */
  readonly bytesMax: number;
};

/** Keeps prompts and answers of tenants that turned it on, as the policy that the call was decided by says. */
export class ContentsKeeper {
  constructor(private readonly options: ContentsKeeperOptions) {}

  /** Before the body is rewritten for its upstream. Undefined where nothing of the call is kept. */
  begin(state: Reached): CallContents | undefined {
    if (state.snapshot.settings?.storePrompts !== true) return undefined;
    const { keys, lost, bytesMax } = this.options;
    const { caller, decisionId, atMs, body, route, request, target } = state;
    const { tenantId, principalId } = caller;
    if (!keys.has(tenantId)) {
      lost.add(1, { reason: 'no_key' });
      return undefined;
    }
    const contentType = request.headers['content-type'];
    const isMedia = target.endpoint.form === 'media';
    const isForm = route.isForm === true;
    return new CallContents(
      { tenantId, decisionId, principalId, atMs },
      { contentType, body: body.bytes, isForm, isMedia },
      bytesMax,
    );
  }

  /** Once the call has ended, however it did. */
  end(contents: CallContents): void {
    this.options.queue.add(contents);
  }
}
