import { Migration } from '@mikro-orm/migrations';

/** A snapshot says of which event it is the state. One that does not (an older process wrote it) is not read. */
export class SnapshotDigests extends Migration {
  override up(): void {
    this.addSql(`alter table stream_snapshots add column digest text`);
  }
}
