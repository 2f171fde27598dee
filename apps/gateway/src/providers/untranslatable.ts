/** What of a request has no counterpart in the upstream's dialect; `param` is where it stands. */
export class Untranslatable extends Error {
  constructor(
    readonly param: string,
    why: string,
  ) {
    super(`'${param}' cannot be used with this model: ${why}.`);
  }
}
