import { Logger } from '#libs/telemetry';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Draft, DraftJob, Job, ReadBundle } from './draft-messages.js';
import { DraftThread, JOB_MS_MAX, JOBS_WAITING_MAX } from './draft-thread.js';
import type { SourceFile } from '#libs/policy-language';

/** Beyond it a job waits in the line of large ones, so that nobody's small change stands behind it; UTF-16 units. */
const QUICK_CHARACTERS_MAX = 512 * 1024;

/** Reads bundles and works out changes away from the thread that serves: two lines, one for what is soon done. */
@Injectable()
export class Drafting implements OnApplicationShutdown {
  private readonly quick: DraftThread;
  private readonly large: DraftThread;

  constructor(logger: Logger) {
    const bounds = { jobMsMax: JOB_MS_MAX, waitingMax: JOBS_WAITING_MAX };
    this.quick = new DraftThread('drafts', { ...bounds, heapMbMax: 256 }, logger);
    this.large = new DraftThread('large-drafts', { ...bounds, heapMbMax: 1_024 }, logger);
  }

  read(files: readonly SourceFile[]): Promise<ReadBundle> {
    const job = { type: 'read', files } as const;
    return this.lane(job).run(job);
  }

  draft(job: DraftJob): Promise<Draft> {
    return this.lane(job).run(job);
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.quick.close(), this.large.close()]);
  }

  private lane(job: Job): DraftThread {
    return charactersOf(job) > QUICK_CHARACTERS_MAX ? this.large : this.quick;
  }
}

function charactersOf(job: Job): number {
  const lengths = (texts: readonly { readonly text: string }[]) =>
    texts.reduce((sum, { text }) => sum + text.length, 0);
  if (job.type === 'read') return lengths(job.files);
  const { sets, source } = job;
  const posted = source.type === 'bundle' ? lengths(source.files) : 0;
  return lengths(sets.own) + lengths(sets.platform) + posted;
}
