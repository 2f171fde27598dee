import { Migration } from '@mikro-orm/migrations';

/** Which records of the state topics nobody needs any more since when, and which of them have been tombstoned. */
export class SupersededRecords extends Migration {
  override up(): void {
    this.addSql(`
      create table superseded_records_v1 (
        topic text not null,
        key text not null,
        subject text not null,
        version bigint not null,
        superseded_at timestamptz,
        primary key (topic, key)
      )`);
    this.addSql(`create index superseded_records_v1_subject on superseded_records_v1 (topic, subject)
      where superseded_at is null`);
    this.addSql(`create index superseded_records_v1_at on superseded_records_v1 (superseded_at)
      where superseded_at is not null`);
    this.addSql(`create table tombstoned_records (topic text not null, key text not null, primary key (topic, key))`);
  }
}
