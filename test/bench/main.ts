import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchConfig } from './bench.config.js';
import { startLocalStack, type LocalStack } from './local-stack.js';
import { machine } from './machine.js';
import type { Bench, BenchSection } from './section.js';

const SUFFIX = '.section.js';
const folder = new URL('./sections/', import.meta.url);
const known = readdirSync(folder).flatMap((name) => (name.endsWith(SUFFIX) ? [name.slice(0, -SUFFIX.length)] : []));

const { sections, out, keep, options } = benchConfig(process.argv.slice(2));
const unknown = sections.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(', ')}. There are: ${known.join(', ')}.`);
  process.exit(2);
}

let stack: Promise<LocalStack> | undefined;
const bench: Bench = { options, say: console.log, stack: () => (stack ??= startLocalStack(console.log, keep)) };
try {
  for (const name of sections) await report(name);
} finally {
  await (await stack)?.stop();
}

async function report(name: string): Promise<void> {
  const { section } = (await import(new URL(`${name}${SUFFIX}`, folder).href)) as { section: BenchSection };
  const { markdown, figures } = await section.measure(bench);
  const command = `npm run bench -- ${process.argv.slice(2).join(' ')}`.trimEnd();
  const about = machine();
  const text = `# ${section.title}\n\n${section.method}\n\nMachine: ${about}. Command: \`${command}\`.\n\n${markdown}\n`;
  console.log(`\n${text}`);
  if (out === undefined) return;
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, `${name}.md`), text);
  writeFileSync(join(out, `${name}.json`), `${JSON.stringify({ machine: about, command, figures }, undefined, 2)}\n`);
}
