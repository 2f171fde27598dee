import { NESTING_MAX, type SourceFile } from '#libs/policy-language';
import { refusal } from '#libs/http';

/** Most files of one bundle. */
const FILES_MAX = 500;

/**
 * The files of a bundle as it was posted: YAML text is one file, `bundle.yaml`; JSON is one document, a list of them, or
 * `{files: [{name, text}]}` for a folder whose findings are to name its files. `sent` is the body as it came, whose lines
 * findings name.
 */
export function bundleFiles(body: unknown, sent: Buffer | undefined): readonly SourceFile[] {
  if (typeof body === 'string') return [{ name: 'bundle.yaml', text: body }];
  if (typeof body !== 'object' || body === null) {
    throw refusal('invalid_request', 'Post the bundle as application/yaml, or as JSON of the same shape.');
  }
  if ('files' in body) return folder(body.files);
  return [{ name: 'bundle.json', text: sent?.toString('utf8') ?? jsonText(body) }];
}

function folder(files: unknown): readonly SourceFile[] {
  const read = Array.isArray(files) ? files.slice(0, FILES_MAX + 1).filter(isFile) : [];
  if (!Array.isArray(files) || files.length === 0 || files.length > FILES_MAX || read.length !== files.length) {
    throw refusal('invalid_request', `\`files\` is a list of 1 to ${FILES_MAX} {name, text}.`);
  }
  return read.map(({ name, text }) => ({ name, text }));
}

function isFile(value: unknown): value is SourceFile {
  const file = value as Partial<SourceFile> | null;
  return typeof file?.name === 'string' && typeof file.text === 'string' && Object.keys(file).length === 2;
}

/**
 * A JSON value as text that can be read as a document.
 * @throws ProblemError 400 for one that is nested deeper than any document: its indented text alone would be enormous.
 */
export function jsonText(value: unknown): string {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > NESTING_MAX) {
      throw refusal('invalid_request', `Nesting deeper than ${NESTING_MAX} levels is refused.`);
    }
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return JSON.stringify(value, undefined, 2);
}
