/** A key's new text, on its way to whoever uses the key. */
export type RotatedSecret = {
  readonly tenantId: string;
  readonly keyId: string;
  readonly text: string;
  /** When it became good, RFC 3339. */
  readonly at: string;
};

/** Where the new texts of keys go that rotate by themselves. The operator sets sinks up; tenants name them. */
export interface RotationSink {
  /** Whether keys of the tenant may go there. */
  takes(tenantId: string): boolean;
  /**
   * Resolves when the sink has the text for good, in the place of the one before. May be called again with another.
   * @throws SinkFailed, and nothing that quotes the text.
   */
  deliver(secret: RotatedSecret): Promise<void>;
  /** The text that it holds for the key; undefined where it holds none, or cannot say. */
  held(tenantId: string, keyId: string): Promise<string | undefined>;
}

/** A sink that did not take a text. `code` is short and says nothing of the text, e.g. `http_503`, `timeout`, `EACCES`. */
export class SinkFailed extends Error {
  override readonly name = 'SinkFailed';

  constructor(readonly code: string) {
    super(`The sink did not take it: ${code}.`);
  }
}

/** What went wrong, in a word. Messages of errors may quote what was sent. */
export function failureCode(error: unknown): string {
  if (error instanceof SinkFailed) return error.code;
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const said = typeof code === 'string' ? code : String(name);
  return /^[\w./-]{1,64}$/.test(said) ? said : 'unknown';
}
