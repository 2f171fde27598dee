import { DomainError } from '#libs/decider';

/** Most changes of one tenant that wait for their turn; more are told to come again. */
export const WAITING_MAX = 100;

/** One change of a tenant at a time in this process, in the order they came: none is decided on what another replaces. */
export class TenantTurns {
  private readonly lines = new Map<string, { tail: Promise<unknown>; length: number }>();

  /** @throws DomainError `policy/unavailable` (503) when {@link WAITING_MAX} wait already. */
  async take<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.lines.get(tenantId) ?? { tail: Promise.resolve(), length: 0 };
    if (line.length >= WAITING_MAX) {
      throw new DomainError('policy/unavailable', 'Too many changes of this tenant are waiting; try again.');
    }
    this.lines.set(tenantId, line);
    line.length += 1;
    const turn = line.tail.then(work);
    line.tail = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.lines.delete(tenantId);
    }
  }
}
