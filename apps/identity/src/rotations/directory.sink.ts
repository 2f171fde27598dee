import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RotatedSecret, RotationSink } from './rotation-sink.js';

/**
 * A directory that the operator names: `<tenant>/<key id>` holds the key's text. Files are 0600, and take the place of
 * the one before in one step, so that a reader has the old text or the new one and never a part.
 */
export class DirectorySink implements RotationSink {
  constructor(
    private readonly directory: string,
    readonly takes: (tenantId: string) => boolean,
  ) {}

  async deliver({ tenantId, keyId, text }: RotatedSecret): Promise<void> {
    const folder = join(this.directory, tenantId);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const written = join(folder, `.${keyId}.${randomBytes(6).toString('hex')}`);
    try {
      const file = await open(written, 'wx', 0o600);
      try {
        await file.writeFile(text);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(written, join(folder, keyId));
    } catch (error) {
      await rm(written, { force: true });
      throw error;
    }
  }

  async held(tenantId: string, keyId: string): Promise<string | undefined> {
    return readFile(join(this.directory, tenantId, keyId), 'utf8').catch(() => undefined);
  }
}
