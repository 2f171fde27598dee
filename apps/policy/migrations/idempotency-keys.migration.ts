import { IDEMPOTENCY_TABLE_SQL } from '#libs/http';
import { Migration } from '@mikro-orm/migrations';

/** Answers to requests that carried an `Idempotency-Key`, for a day. */
export class IdempotencyKeysTable extends Migration {
  override up(): void {
    this.addSql(IDEMPOTENCY_TABLE_SQL);
  }
}
