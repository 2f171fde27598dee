import type { Caller } from '#libs/access';
import { Publication, PUBLISHED_WAIT_MS, SubjectKeys, type Context } from '#libs/event-store';
import { answer, type AnswerOptions } from '#libs/http';
import { Injectable } from '@nestjs/common';

type Written = { readonly version?: number; readonly position: number };

/** How every write of identity is attributed and answered. */
@Injectable()
export class Writes {
  constructor(
    private readonly publication: Publication,
    private readonly subjectKeys: SubjectKeys,
  ) {}

  /** Who asked, for the events. The tenant is that of the thing, which is the caller's unless an operator asks. */
  context(caller: Caller, tenantId = caller.tenantId): Context {
    return { actor: caller.principalId, tenantId, requestId: caller.requestId, decisionId: caller.decisionId };
  }

  /** A reason is somebody's free text: it is kept sealed with the key of whoever gave it. */
  async reason(caller: Caller, text: string | undefined) {
    return text === undefined ? {} : { reason: await this.subjectKeys.seal(caller.principalId, text) };
  }

  answer<Body extends object>(body: Body, { version, position }: Written, more: Omit<AnswerOptions, 'position'> = {}) {
    const at = { store: 'identity', position };
    return answer(body, { ...(version !== undefined && { version }), ...more, position: at });
  }

  /** Like {@link answer}, once the broker has the record: from then on no replica stays fresh without it. */
  async narrowed<Body extends object>(body: Body, written: Written) {
    const published = await this.publication.reached(written.position, PUBLISHED_WAIT_MS);
    return published
      ? this.answer({ ...body, propagation: 'published' }, written, { status: 200 })
      : this.answer({ ...body, propagation: 'pending' }, written, { status: 202 });
  }
}
