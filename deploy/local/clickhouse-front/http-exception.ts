/** Codes of the engine that the front raises itself. */
export const exceptionCodes = {
  syntaxError: 62,
  readonly: 164,
  queryIsTooLarge: 307,
  badArguments: 36,
  tooManySimultaneousQueries: 202,
  unknownQueryParameter: 456,
  authenticationFailed: 516,
  unknownException: 1002,
} as const;

/** A refusal in the engine's own words, so that the stock client parses it like any other. */
export class FrontException extends Error {
  readonly code: number;

  constructor(code: number, detail: string, type: string) {
    super(`Code: ${code}. DB::Exception: ${detail} (${type})`);
    this.code = code;
  }
}

const BAD_REQUEST = [
  6, 26, 27, 33, 36, 38, 41, 42, 43, 44, 45, 48, 50, 53, 62, 69, 70, 72, 80, 117, 130, 131, 215, 386, 456, 457, 467,
];
const NOT_FOUND = [46, 47, 56, 60, 63, 73, 78, 81, 83, 115];
const STATUS = new Map<number, number>([
  ...BAD_REQUEST.map((code) => [code, 400] as const),
  ...NOT_FOUND.map((code) => [code, 404] as const),
  [exceptionCodes.readonly, 403],
  [exceptionCodes.authenticationFailed, 403],
  [exceptionCodes.queryIsTooLarge, 413],
  [159, 408],
  [exceptionCodes.tooManySimultaneousQueries, 503],
  [439, 503],
]);

/** Code and text of any failure; a text without a code is an unknown exception. */
export function exceptionOf(error: unknown): { code: number; text: string; status: number } {
  const message = error instanceof Error ? error.message : String(error);
  const code = Number(/Code: (\d+)/.exec(message)?.[1] ?? exceptionCodes.unknownException);
  const text = message.startsWith('Code:') ? message : `Code: ${code}. DB::Exception: ${message} (UNKNOWN_EXCEPTION)`;
  return { code, text, status: STATUS.get(code) ?? 500 };
}
