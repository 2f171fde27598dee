/**
 * A refusal by a business rule. `code` is `<thing>/<reason>`, stable and never reused; `detail` is public text.
 * Which HTTP status it becomes is decided in one table, not here.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError';
  readonly code: `${string}/${string}`;

  constructor(code: `${string}/${string}`, detail: string) {
    super(detail);
    this.code = code;
  }
}
