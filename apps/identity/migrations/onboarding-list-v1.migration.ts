import { Migration } from '@mikro-orm/migrations';
import { listTableSql } from './lists-v1.migration.js';

/** Onboardings that are not over. */
export class OnboardingListV1 extends Migration {
  override up(): void {
    for (const statement of listTableSql('onboarding_list_v1')) this.addSql(statement);
  }
}
