import { SetMetadata } from '@nestjs/common';

export const SHOWN_ONCE = Symbol('gatehouse:shown-once');
const ALWAYS = ['value'];
/** A key, client secret or invitation's token with a piece of what is secret in it: what is left when one is redacted may be kept. */
const CREDENTIAL = /(?:gh_(?:pat|vak|svc)[pdstx]_[0-9A-Za-z]{12}|gh[ci]_[0-9A-Za-z]{16})_[0-9A-Za-z]/;

/**
 * Names further top-level fields of an answer that only the first one carries; `value` is one always, and so is every
 * text that contains a key, a client secret or an invitation's token. A repetition answers the object without them, and they are never stored.
 */
export const ShownOnce = (...fields: readonly string[]): MethodDecorator => SetMetadata(SHOWN_ONCE, fields);

/** The answer as it may be kept, as JSON text. */
export function withoutSecrets(body: unknown, fields: readonly string[] = []): string {
  const dropped = new Set([...ALWAYS, ...fields]);
  return (
    JSON.stringify(body, function (this: unknown, name, value: unknown) {
      if (this === body && dropped.has(name)) return undefined;
      return typeof value === 'string' && CREDENTIAL.test(value) ? undefined : value;
    }) ?? ''
  );
}
