import { Migration } from '@mikro-orm/migrations';
import { runningRole } from './schema-name.js';

/**
 * The role that services run as owns nothing, reads and writes the tables of its schema, and can only add to `events`.
 * Roles are shared by the databases of a cluster, so another database may have made it already, even at this moment.
 */
export class RunningRole extends Migration {
  override up(): void {
    const schema = String(this.config.get('schema'));
    const role = runningRole(schema);
    this.addSql(`do $$ begin
      create role ${role} nologin;
    exception when duplicate_object or unique_violation then null;
    end $$`);
    // A superuser may become anything; an owner without that needs the membership to run as the role.
    this.addSql(`do $$ begin
      if not pg_has_role(current_user, '${role}', 'set') then
        execute format('grant ${role} to %I with set true', current_user);
      end if;
    end $$`);
    this.addSql(`grant usage on schema ${schema} to ${role}`);
    this.addSql(`grant select, insert, update, delete on all tables in schema ${schema} to ${role}`);
    this.addSql(`revoke all on ${schema}.events, ${schema}.migrations from ${role}`);
    this.addSql(`grant select, insert on ${schema}.events to ${role}`);
    this.addSql(`alter default privileges in schema ${schema}
      grant select, insert, update, delete, truncate on tables to ${role}`);
    this.addSql(`alter default privileges in schema ${schema} grant usage on sequences to ${role}`);
  }
}
