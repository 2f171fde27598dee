import { Composer, CST, Lexer, LineCounter, Parser, type Document, type YAMLError } from 'yaml';
import type { Place } from './finding.js';

/** Bounds on what one bundle may be; a text past them is refused before anything is built from it. */
export const BUNDLE_CHARACTERS_MAX = 4 * 1024 * 1024;
export const BUNDLE_DOCUMENTS_MAX = 20_000;
export const NESTING_MAX = 24;
const TOKENS_MAX = 2_000_000;
/** More than these of one file would only bury the first. */
const SYNTAX_ERRORS_MAX = 20;

/** Why a text cannot be read. */
export type SyntaxMistake = Place & { readonly rule: string; readonly message: string; readonly suggestion?: string };

/** The documents of one text with its line starts; none when there are mistakes. */
export type ReadText = {
  readonly documents: readonly Document.Parsed[];
  readonly lines: LineCounter;
  readonly mistakes: readonly SyntaxMistake[];
};

class Refused extends Error {
  constructor(
    readonly offset: number,
    readonly rule: string,
    message: string,
    readonly suggestion?: string,
  ) {
    super(message);
  }
}

/**
 * Reads YAML 1.2 (of which JSON is a part) with positions. Anchors, aliases, tags and directives are refused, so that
 * no text means more than it shows; nesting is bounded while tokens are read, before any recursion over them.
 */
export function readYaml(text: string): ReadText {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const documents: Document.Parsed[] = [];
  const mistakes: SyntaxMistake[] = [];
  const add = (offset: number, mistake: { rule: string; message: string; suggestion?: string | undefined }) => {
    const { line, col } = lines.linePos(offset);
    const { rule, message, suggestion } = mistake;
    mistakes.push({ line, column: col, rule, message, ...(suggestion ? { suggestion } : {}) });
  };
  try {
    const options = {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      resolveKnownTags: false,
      strict: true,
    };
    for (const document of new Composer(options).compose(boundedTokens(withoutMark(text), lines))) {
      const failed: readonly YAMLError[] = [...document.errors, ...document.warnings];
      for (const { pos, message } of failed.slice(0, SYNTAX_ERRORS_MAX)) add(pos[0], { rule: 'syntax', message });
      if (mistakes.length >= SYNTAX_ERRORS_MAX) break;
      documents.push(document as Document.Parsed);
      if (documents.length > BUNDLE_DOCUMENTS_MAX) throw tooMany(text.length, `${BUNDLE_DOCUMENTS_MAX} documents`);
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    add(error.offset, error);
  }
  return { documents: mistakes.length > 0 ? [] : documents, lines, mistakes };
}

/** The byte order mark that editors put before a text, and that none of them counts as a column. */
const withoutMark = (text: string) => (text.startsWith('\uFEFF') ? text.slice(1) : text);

const tooMany = (offset: number, what: string) => new Refused(offset, 'too-large', `A bundle holds ${what} at most.`);

function* boundedTokens(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine);
  let tokens = 0;
  let isScalarText = false;
  for (const source of new Lexer().lex(text)) {
    if (++tokens > TOKENS_MAX) throw tooMany(parser.offset, `${TOKENS_MAX} tokens`);
    // The lexer announces the text of a scalar by a mark; that text may begin with anything.
    if (!isScalarText) refuse(CST.tokenType(source), source, parser.offset);
    isScalarText = source === CST.SCALAR;
    yield* parser.next(source);
    if (parser.stack.length > NESTING_MAX) {
      throw new Refused(parser.offset, 'too-deep', `Nesting deeper than ${NESTING_MAX} levels is refused.`);
    }
  }
  yield* parser.end();
}

function refuse(type: CST.TokenType | null, source: string, offset: number): void {
  switch (type) {
    case 'alias':
      throw new Refused(
        offset,
        'alias',
        'Aliases are not taken.',
        `If a pattern is meant, put it in quotes: "${source.slice(0, 60)}".`,
      );
    case 'anchor':
      throw new Refused(
        offset,
        'anchor',
        'Anchors are not taken.',
        'Write the value out; put a text that begins with & in quotes.',
      );
    case 'tag':
      throw new Refused(offset, 'tag', 'YAML tags are not taken.', 'Put a text that begins with ! in quotes.');
    case 'directive-line':
      throw new Refused(offset, 'directive', 'YAML directives are not taken.');
    default:
  }
}
