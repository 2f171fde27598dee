import { Migration } from '@mikro-orm/migrations';

/** The newest state of long streams. Nothing is lost with it: a stream without one is loaded whole. */
export class StreamSnapshots extends Migration {
  override up(): void {
    this.addSql(`create table stream_snapshots (
      stream text primary key,
      name text not null,
      version integer not null,
      state jsonb not null
    )`);
  }
}
