/**
 * A record could not be written, and none of it is left: `bound` (the files have reached their limit), `disk` (see
 * `cause`), `closed`. Strict tenants are refused with `audit_unavailable`; others go on and the alarm is raised.
 */
export class SpoolUnwritable extends Error {
  override readonly name = 'SpoolUnwritable';
  readonly reason: 'bound' | 'disk' | 'closed';

  constructor(reason: SpoolUnwritable['reason'], cause?: unknown) {
    super(`The decision spool cannot be written: ${reason}.`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
