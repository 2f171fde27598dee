// Lets a plain Node run the sources: `node --conditions=source --import <this> file.ts`. Only specs start threads and
// processes that way; compiled code never loads it. What was compiled is kept: each service of a spec has threads of its
// own, and compiling is most of what it costs to start them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire, registerHooks } from 'node:module';
import { threadId } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';
import type * as TypeScript from 'typescript';

const require = createRequire(import.meta.url);
const { version } = require('typescript/package.json') as { version: string };
const kept = new URL('../../../../node_modules/.cache/from-source/', import.meta.url);
mkdirSync(kept, { recursive: true });
const itself = readFileSync(new URL(import.meta.url));

registerHooks({
  resolve(specifier, context, next) {
    if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
      const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
      if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
    }
    return next(specifier, context);
  },
  load(url, context, next) {
    if (!url.startsWith('file:') || !url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
    const fileName = fileURLToPath(url);
    return { format: 'module', source: compiled(fileName, readFileSync(fileName)), shortCircuit: true };
  },
});

/** One file is kept for each source, which ends with the hash of all that it was made of. */
function compiled(fileName: string, text: Buffer): string {
  const madeOf = `\n// ${sha256(version, itself, fileName, text)}\n`;
  const file = new URL(`${sha256(fileName)}.js`, kept);
  const former = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (former.endsWith(madeOf)) return former;
  const output = compile(fileName, text.toString()) + madeOf;
  // Others may compile the same file at this moment: each sees a whole one.
  const mine = new URL(`${sha256(fileName)}.${process.pid}.${threadId}`, kept);
  writeFileSync(mine, output);
  renameSync(mine, file);
  return output;
}

function sha256(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
}

function compile(fileName: string, text: string): string {
  // Loaded only where something must be compiled: it is as large as a service.
  const ts = require('typescript') as typeof TypeScript;
  const compilerOptions = {
    module: ts.ModuleKind.ESNext,
    target: ts.ScriptTarget.ES2024,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    verbatimModuleSyntax: true,
    inlineSourceMap: true,
  };
  return ts.transpileModule(text, { compilerOptions, fileName }).outputText;
}
