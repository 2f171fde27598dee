// Loaded into a measured process by `--import`: at SIGUSR2 it collects garbage and writes its memory to the file named.
import { writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = new URL(import.meta.url).searchParams.get('to') ?? '';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  writeFileSync(file, JSON.stringify(process.memoryUsage()));
});
