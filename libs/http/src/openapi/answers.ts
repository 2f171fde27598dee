import { SetMetadata } from '@nestjs/common';
import type { z } from 'zod';

/** What a route says of itself beyond what its other decorators say. */
export type RouteAnswers = {
  /** One sentence. */
  readonly summary: string;
  /** The body of each answer that is no problem, by status. A status with `null` has none. */
  readonly bodies: Readonly<Record<number, z.ZodType | null>>;
  /** Problems that this route has beside those that follow from its form (`problemsOf`). */
  readonly problems: readonly number[];
  /** What it takes where that is not `@Body({schema})`: content type to schema. */
  readonly takes: Readonly<Record<string, z.ZodType>>;
  /** Of these bodies; JSON unless said otherwise. */
  readonly contentType: string;
};

const ANSWERS = 'gatehouse:answers';

/**
 * Declares what a route answers: shown at `/openapi.json`, and held to in the specs of every application, whose fixtures
 * check each answer that they get (`AnswerCheck`). A schema is strict: a field that it does not name is a finding.
 */
export const Answers = (
  summary: string,
  bodies: RouteAnswers['bodies'],
  more: Partial<Pick<RouteAnswers, 'problems' | 'takes' | 'contentType'>> = {},
) =>
  SetMetadata(ANSWERS, {
    summary,
    bodies,
    problems: more.problems ?? [],
    takes: more.takes ?? {},
    contentType: more.contentType ?? 'application/json',
  } satisfies RouteAnswers);

/** What a handler declares; undefined where it declares nothing. */
export const answersOf = (handler: object): RouteAnswers | undefined =>
  Reflect.getMetadata(ANSWERS, handler) as RouteAnswers | undefined;
