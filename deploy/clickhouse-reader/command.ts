import { parseArgs } from 'node:util';
import { readerSql } from './reader-sql.js';

const USAGE = `Usage: npm run -s reader -- --tenant <id> --user <name> --password-sha256 <hex> [--database <name>]

Prints SQL for a ClickHouse server: a user that reads the record of one tenant, and nothing else.

  --tenant <id>              whose record
  --user <name>              of the user: letters, digits and _
  --password-sha256 <hex>    printf %s "$PASSWORD" | sha256sum
  --database <name>          default gatehouse
`;

const options = {
  tenant: { type: 'string' },
  user: { type: 'string' },
  'password-sha256': { type: 'string' },
  database: { type: 'string' },
} as const;

/** What is to be printed, and how the process ends: 0, or 2 for wrong usage. */
export type Outcome = { readonly text: string; readonly exitCode: 0 | 2 };

export function readerCommand(args: readonly string[]): Outcome {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const { tenant = '', user = '', 'password-sha256': passwordSha256 = '', database = 'gatehouse' } = values;
    const statements = readerSql({ database, tenant, user, passwordSha256 });
    return { text: statements.map((statement) => `${statement};\n`).join(''), exitCode: 0 };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, exitCode: 2 };
  }
}
