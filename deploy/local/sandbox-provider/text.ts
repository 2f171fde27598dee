/** A token is four characters, rounded up: wrong for every tokenizer, equal on every run, linear on every input. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The text of what callers send as content: a string, parts with `text`, or lists of either. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(textOf).join('');
  if (content !== null && typeof content === 'object') {
    const { text, content: inner } = content as { text?: unknown; content?: unknown };
    return textOf(text) + textOf(inner);
  }
  return '';
}

const wordsDefault = 8;

/** The answer of a model: the same words for the same question of words, so that counts can be foretold. */
export function wordsOf(model: string, words = wordsDefault): string[] {
  return Array.from({ length: words }, (_, index) => (index === 0 ? `Sandbox(${model})` : ` word${index}`));
}
