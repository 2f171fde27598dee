type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object that is all of `text`; undefined for anything else, and for one in which, at any depth, a name stands
 * twice: two readers could take different values of it. Takes time in proportion to the text.
 */
export function parseStrictObject(text: string): JsonObject | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return hasNameTwice(text) ? undefined : (value as JsonObject);
}

/** Strings and what separates values; numbers and words are passed over. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],]/g;

/** Of text that is known to be JSON. Names are compared as they read, not as they are written. */
function hasNameTwice(text: string): boolean {
  /** Names of the objects that are open, with null for arrays. */
  const open: (Set<string> | null)[] = [];
  let isNameNext = false;
  for (const [token] of text.matchAll(TOKEN)) {
    const names = open.at(-1);
    if (token === '{') {
      open.push(new Set());
      isNameNext = true;
    } else if (token === '[') {
      open.push(null);
      isNameNext = false;
    } else if (token === '}' || token === ']') {
      open.pop();
      isNameNext = false;
    } else if (token === ',') isNameNext = names instanceof Set;
    else if (isNameNext && names) {
      const name = JSON.parse(token) as string;
      if (names.has(name)) return true;
      names.add(name);
      isNameNext = false;
    }
  }
  return false;
}
