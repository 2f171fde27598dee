import { jsonSchemaOf, schemaNames } from '#libs/policy-language';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `npm run schemas`: writes docs/reference/schemas anew; the formatter runs after it. */
const folder = join(process.cwd(), 'docs/reference/schemas');
mkdirSync(folder, { recursive: true });
for (const name of schemaNames) {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(jsonSchemaOf(name), undefined, 2)}\n`);
}
