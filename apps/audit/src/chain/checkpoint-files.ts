import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointKey } from '#libs/chain';
import { ChainCheckpointed, type SignedCheckpoint } from '#libs/contracts';
import { EventStore } from '#libs/event-store';
import { Inject, Injectable } from '@nestjs/common';
import { chainId } from './chain.aggregate.js';
import { CHECKPOINT_KEY, CHECKPOINT_OPTIONS, type CheckpointOptions } from './chain-options.js';

const EVENTS_AT_ONCE = 1_000;
const NUMBER_DIGITS = 8;
const FILE_MODE = 0o444;

/**
 * Puts every checkpoint into the operator's folder as `<tenant>/<number>.json`, beside the public key. A file that is
 * there is never written again: the folder may be a place where audit can only add.
 */
@Injectable()
export class CheckpointFiles {
  private position = 0;

  constructor(
    private readonly store: EventStore,
    @Inject(CHECKPOINT_OPTIONS) private readonly options: CheckpointOptions,
    @Inject(CHECKPOINT_KEY) private readonly key: CheckpointKey,
  ) {}

  /** What was signed since the last time; after a start all that there is. */
  async write(): Promise<void> {
    const { folder } = this.options;
    if (folder === undefined) return;
    const pem = this.key.publicKey.export({ format: 'pem', type: 'spki' });
    await mkdir(folder, { recursive: true });
    await put(join(folder, `public-key-${this.key.keyId}.pem`), String(pem));
    for (;;) {
      const options = { afterPosition: this.position, types: [ChainCheckpointed.type], limit: EVENTS_AT_ONCE };
      const events = await this.store.read(options);
      for (const { event, position } of events) {
        const checkpoint = event.data as SignedCheckpoint;
        const own = join(folder, chainId(checkpoint.tenantId));
        await mkdir(own, { recursive: true });
        const name = `${String(checkpoint.number).padStart(NUMBER_DIGITS, '0')}.json`;
        await put(join(own, name), `${JSON.stringify(checkpoint)}\n`);
        this.position = position;
      }
      if (events.length < EVENTS_AT_ONCE) return;
    }
  }
}

async function put(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: FILE_MODE });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
