import type { Place, SourceFile } from '#libs/policy-language';

/** Where a text first stands in a bundle; its beginning when it is nowhere (it was written with escapes). */
export function findPlace(files: readonly SourceFile[], text: string): Place & { file: string } {
  for (const { name, text: whole } of files) {
    const at = whole.indexOf(text);
    if (at < 0) continue;
    const before = whole.slice(0, at);
    const line = before.split('\n').length;
    return { file: name, line, column: at - before.lastIndexOf('\n') };
  }
  return { file: files[0]?.name ?? '', line: 1, column: 1 };
}
