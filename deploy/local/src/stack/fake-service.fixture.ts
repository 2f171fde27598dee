import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** In place of a service: is ready at once, and tells what environment it was given and how often it was started. */
const { PORT = '', GATEHOUSE_DATA = '.', FAKE_REFUSES = '', GATEHOUSE_REPLICA = '' } = process.env;

if (FAKE_REFUSES === GATEHOUSE_REPLICA) {
  process.stderr.write('GATEHOUSE_PEPPER is a sample value\n');
  process.exit(78);
}
writeFileSync(join(GATEHOUSE_DATA, 'environment.json'), JSON.stringify(process.env));
appendFileSync(join(GATEHOUSE_DATA, 'starts'), `${process.pid}\n`);
createServer((_, response) => response.end('ready')).listen(Number(PORT), '127.0.0.1');
