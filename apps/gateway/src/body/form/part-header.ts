/** What the lines before a part's content say of it. */
export type PartHeader = {
  readonly name: string;
  readonly isFile: boolean;
  /** Whether every reader takes the content for text in UTF-8. */
  readonly isText: boolean;
  /** What the part itself says of its length; readers that believe it must find the same end. */
  readonly bytes: number | undefined;
};

/** Of any of these names there is one reading: no quotes to take off, no escapes, nothing that is percent-encoded. */
const plainName = /^[0-9A-Za-z_.[\]-]{1,128}$/u;
const line = /^([A-Za-z-]+):[ \t]*([\t -~\u0080-\u00FF]*)$/u;
/**
 * Without `;` and `\` in quotes: readers that split at any `;`, and those that know no escapes, find other names. Without space
 * before a `;`, which some readers take for the end of the form.
 */
const parameter = /;[ \t]*([A-Za-z]+\*?)=(?:"([^"\\;]*)"|([!#$%&'+.^_`|~0-9A-Za-z-]+))/uy;
/** Without a further name: some readers look for it in every line. */
const mediaType =
  /^[!#$&^_.+0-9A-Za-z-]+\/[!#$&^_.+0-9A-Za-z-]+(?:[ \t]*;[ \t]*(?!name|filename)[A-Za-z0-9-]+=(?:"[^"\\;=]*"|[^\s";,=\\]+))*$/iu;
const textType = /^text\/plain(?:[ \t]*;[ \t]*charset="?(?:utf-8|us-ascii)"?)?$/iu;
/** These leave the content as it stands; `base64` and `quoted-printable` are undone by some readers only. */
const identity = /^(?:binary|8bit|7bit)$/iu;

/** Undefined for lines that two readers could understand differently. */
export function readPartHeader(block: string): PartHeader | undefined {
  const found = linesOf(block);
  const disposition = dispositionOf(found?.get('content-disposition'));
  if (!found || !disposition) return undefined;
  const {
    'content-type': type,
    'content-transfer-encoding': coding,
    'content-length': length,
  } = Object.fromEntries(found);
  if (type !== undefined && !mediaType.test(type)) return undefined;
  if (coding !== undefined && !identity.test(coding)) return undefined;
  if (length !== undefined && !/^\d{1,10}$/u.test(length)) return undefined;
  return {
    ...disposition,
    isText: !disposition.isFile && (type === undefined || textType.test(type)),
    bytes: length === undefined ? undefined : Number(length),
  };
}

const known = new Set(['content-disposition', 'content-type', 'content-transfer-encoding', 'content-length']);

/** Each once; a line that is folded, or of a header that a form's part has not, makes all of them unreadable. */
function linesOf(block: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  for (const text of block.split('\r\n')) {
    const [, spelled = '', value = ''] = line.exec(text) ?? [];
    const name = spelled.toLowerCase();
    if (!known.has(name) || found.has(name)) return undefined;
    found.set(name, value.trimEnd());
  }
  return found;
}

function dispositionOf(value: string | undefined): Pick<PartHeader, 'name' | 'isFile'> | undefined {
  const kind = 'form-data';
  if (value?.slice(0, kind.length).toLowerCase() !== kind) return undefined;
  const parameters = new Map<string, string>();
  for (let at = kind.length; at < value.length; at = parameter.lastIndex) {
    parameter.lastIndex = at;
    const matched = parameter.exec(value);
    const key = matched?.[1]?.toLowerCase();
    if (!matched || key === undefined || parameters.has(key)) return undefined;
    parameters.set(key, matched[2] ?? matched[3] ?? '');
  }
  const { name, filename, 'filename*': extended, ...others } = Object.fromEntries(parameters);
  if (name === undefined || !plainName.test(name) || Object.keys(others).length > 0) return undefined;
  return { name, isFile: filename !== undefined || extended !== undefined };
}
