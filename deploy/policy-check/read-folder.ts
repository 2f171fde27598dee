import type { SourceFile } from '#libs/policy-language';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const FILES_MAX = 500;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The bundle in a folder: every .yaml, .yml and .json file in it and below, by name. Throws where there are too many. */
export function readFolder(folder: string): readonly SourceFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).split(sep).includes('node_modules'));
  if (paths.length > FILES_MAX) throw new RangeError(`${folder} has more than ${FILES_MAX} files; name a smaller one.`);
  return paths.toSorted().map((path) => ({ name: relative(folder, path), text: textOf(path, relative(folder, path)) }));
}

/** As the service reads a text: one that is not UTF-8 is refused, not repaired. */
function textOf(path: string, name: string): string {
  try {
    return utf8.decode(readFileSync(path));
  } catch (error) {
    if (error instanceof TypeError) throw new RangeError(`${name} is not UTF-8.`, { cause: error });
    throw error;
  }
}
