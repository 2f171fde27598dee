const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/** An object or array that is open: its names, and where in it we are. */
type Open = { readonly names: Set<string> | undefined; at: string | number };

/**
 * The path to the first name that stands twice in one object, at any depth: two readers could take different values of
 * it. Of text that `JSON.parse` takes; names are compared as they read, not as they are written. Takes time in proportion
 * to the text, and calls nothing recursively.
 */
export function nameTwiceIn(text: string): readonly string[] | undefined {
  const open: Open[] = [];
  let isNameNext = false;
  for (let index = 0; index < text.length; index += 1) {
    const within = open.at(-1);
    switch (text.charCodeAt(index)) {
      case OPEN_OBJECT:
        open.push({ names: new Set(), at: '' });
        isNameNext = true;
        break;
      case OPEN_ARRAY:
        open.push({ names: undefined, at: 0 });
        isNameNext = false;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        open.pop();
        isNameNext = false;
        break;
      case COMMA:
        isNameNext = within?.names !== undefined;
        if (typeof within?.at === 'number') within.at += 1;
        break;
      case QUOTE: {
        const end = endOfString(text, index);
        if (isNameNext && within?.names) {
          const name = JSON.parse(text.slice(index, end)) as string;
          within.at = name;
          if (within.names.has(name)) return open.map(({ at }) => String(at));
          within.names.add(name);
          isNameNext = false;
        }
        index = end - 1;
      }
    }
  }
  return undefined;
}

/** `at` is the opening quote; the answer is behind the closing one. */
function endOfString(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text.charCodeAt(before - 1) === BACKSLASH) before -= 1;
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return text.length;
}
