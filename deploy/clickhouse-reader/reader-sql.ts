/** Tables with a column `tenant_id`: rows of one tenant are read, those of others are as if they were not there. */
export const TENANT_TABLES = [
  'decisions',
  'calls',
  'changes',
  'decisions_by_minute',
  'calls_by_minute',
  'key_uses',
  'findings',
] as const;

/** Views over these tables alone. They read with the rights of whoever asks. */
export const TENANT_VIEWS = [
  'requests_by_minute',
  'usage_by_minute',
  'calls_with_decisions',
  'last_key_uses',
  'current_findings',
] as const;

/** Who reads what. Names are checked by {@link readerSql}; the hash is SHA-256 of the password, hex. */
export type Reader = {
  readonly database: string;
  readonly tenant: string;
  readonly user: string;
  readonly passwordSha256: string;
};

const ROLE = 'gatehouse_tenant_reader';
const FORMS: Record<keyof Reader, RegExp> = {
  database: /^[A-Za-z_]\w{0,62}$/,
  tenant: /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  user: /^[A-Za-z_]\w{0,62}$/,
  passwordSha256: /^[0-9a-f]{64}$/,
};
const SECONDS_MAX = 60;
const MEMORY_BYTES_MAX = 4_000_000_000;

/**
 * Statements, in the order in which they are safe: a reader whose own policies are not there yet sees no row. May be run
 * again; a further reader of any tenant adds to what is there.
 * @throws RangeError naming what has not the form of a name, so that nothing of it becomes SQL.
 */
export function readerSql(reader: Reader): readonly string[] {
  for (const [name, form] of Object.entries(FORMS) as [keyof Reader, RegExp][]) {
    if (!form.test(reader[name])) throw new RangeError(`not a ${name}: ${JSON.stringify(reader[name])}`);
  }
  const { database, tenant, user, passwordSha256 } = reader;
  const limits = [
    'readonly = 2 CONST',
    `max_execution_time = ${SECONDS_MAX} MAX ${SECONDS_MAX}`,
    `max_memory_usage = ${MEMORY_BYTES_MAX} MAX ${MEMORY_BYTES_MAX}`,
  ].join(', ');
  return [
    `CREATE ROLE IF NOT EXISTS ${ROLE}`,
    // A table with a policy for somebody may be closed to all others: the services go on reading all of it.
    ...TENANT_TABLES.map(
      (table) =>
        `CREATE ROW POLICY IF NOT EXISTS gatehouse_others ON ${database}.${table} FOR SELECT USING 1 TO ALL EXCEPT ${ROLE}`,
    ),
    ...TENANT_VIEWS.map((view) => `ALTER TABLE ${database}.${view} MODIFY SQL SECURITY INVOKER`),
    ...[...TENANT_TABLES, ...TENANT_VIEWS].map((name) => `GRANT SELECT ON ${database}.${name} TO ${ROLE}`),
    `CREATE USER IF NOT EXISTS ${user} IDENTIFIED WITH sha256_hash BY '${passwordSha256}' SETTINGS ${limits}`,
    `GRANT ${ROLE} TO ${user}`,
    `ALTER USER ${user} DEFAULT ROLE ${ROLE}`,
    ...TENANT_TABLES.map(
      (table) =>
        `CREATE ROW POLICY OR REPLACE gatehouse_${user} ON ${database}.${table} FOR SELECT USING tenant_id = '${tenant}' TO ${user}`,
    ),
  ];
}
