import { Migration } from '@mikro-orm/migrations';

/** Beside each version of a Prompt: its number, and which ones it keeps. Of versions from before nobody kept any. */
export class PromptVersions extends Migration {
  override up(): void {
    this.addSql('alter table document_history_v1 add column prompt jsonb');
  }
}
