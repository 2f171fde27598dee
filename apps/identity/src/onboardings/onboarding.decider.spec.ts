import {
  OnboardingCleared,
  OnboardingCompleted,
  OnboardingFailed,
  OnboardingRequested,
  type OnboardingEvent,
} from '#libs/contracts';
import { fold } from '#libs/decider';
import { specFor } from '#libs/testing';
import { describe, expect, it } from 'vitest';
import { onboardingDecider, type OnboardingCommand, type Requested } from './onboarding.decider.js';

const given = specFor(onboardingDecider);
const named = { onboardingId: 'onboarding_1', tenantId: 'initech', at: '2026-11-28T09:00:00.000Z' };
const sealed = { subjectId: 'user_1', box: 'x' };
const request: Requested = {
  ...named,
  displayName: 'Initech',
  deadlineAt: '2026-11-28T09:01:00.000Z',
  author: 'va_operator',
  requestId: 'req-1',
  decisionId: 'dec-1',
  admin: { userId: 'user_1', email: sealed, labels: {} },
  virtualAccounts: [],
  keys: [],
};
const requested = OnboardingRequested.of(request);
const completed = OnboardingCompleted.of({ ...named, revision: 1 });
const timedOut = OnboardingFailed.of({ ...named, cause: 'timed-out', problems: [] });
const cleared = OnboardingCleared.of(named);
const complete: OnboardingCommand = { type: 'CompleteOnboarding', ...named, revision: 1 };
const giveUp: OnboardingCommand = { type: 'FailOnboarding', ...named, cause: 'timed-out', problems: [] };
const clear: OnboardingCommand = { type: 'ClearOnboarding', ...named };

describe('an onboarding', () => {
  it('is requested once', () => {
    given()
      .when({ type: 'RequestOnboarding', ...request })
      .expect(requested);
    given(requested)
      .when({ type: 'RequestOnboarding', ...request })
      .expectRefusal('onboarding/id-taken');
  });

  it('is completed once: nothing is made a second time', () => {
    given(requested).when(complete).expect(completed);
    given(requested, completed).when(complete).expectRefusal('onboarding/not-pending');
  });

  it('is not completed once it has failed, however late policy confirms', () => {
    given(requested, timedOut).when(complete).expectRefusal('onboarding/not-pending');
    given(requested, timedOut, cleared).when(complete).expectRefusal('onboarding/not-pending');
  });

  it('does not fail any more once it is completed', () => given(requested, completed).when(giveUp).expect());

  it('fails once, and is cleared once, and only after it has failed', () => {
    given(requested).when(giveUp).expect(timedOut);
    given(requested, timedOut).when(giveUp).expect();
    given(requested).when(clear).expect();
    given(requested, timedOut).when(clear).expect(cleared);
    given(requested, timedOut, cleared).when(clear).expect();
  });
});

/** What policy may have decided; it answers each decision and repeats no other. */
type Part = 'undecided' | 'confirmed' | 'refused' | 'withdrawn';
type Turn = 'policy accepts' | 'policy refuses' | 'answers come' | 'first answer comes again' | 'time is over';
const turns: readonly Turn[] = [
  'policy accepts',
  'policy refuses',
  'answers come',
  'first answer comes again',
  'time is over',
];
/** So many turns in any order, each as often as there is room for: a killed process is one whose turn comes later. */
const TURNS_MAX = 5;

/** Identity and policy between two turns; each turn is one transaction, so that a kill falls between two of them. */
class World {
  private events: readonly OnboardingEvent[] = [requested];
  private part: Part = 'undecided';
  private answers: Part[] = [];

  take(turn: Turn): void {
    switch (turn) {
      case 'policy accepts':
        return this.policyTakes('confirmed');
      case 'policy refuses':
        return this.policyTakes('refused');
      case 'answers come':
        return this.answers.forEach((answer) => this.hear(answer));
      case 'first answer comes again':
        return this.answers.slice(0, 1).forEach((answer) => this.hear(answer));
      case 'time is over':
        return this.decide(giveUp);
    }
  }

  /** Everything that is still under way arrives; what never arrives is ended by time. */
  rest(): { identity: string; policy: Part } {
    for (let round = 0; round < 3; round += 1) {
      this.take('answers come');
      this.take('time is over');
      this.policyTakes('confirmed');
      this.decide(clear);
    }
    return { identity: this.status, policy: this.part };
  }

  get made(): number {
    return this.events.filter(({ type }) => type === 'identity.onboarding.completed').length;
  }

  private get status() {
    return fold(onboardingDecider, this.events).status;
  }

  /** Policy reads the newest record of the topic: a request, a withdrawal, or nothing any more. */
  private policyTakes(decision: 'confirmed' | 'refused'): void {
    const isWithdrawn = ['failed', 'cleared'].includes(this.status);
    if (isWithdrawn && (this.part === 'undecided' || this.part === 'confirmed')) this.settle('withdrawn');
    if (this.status === 'pending' && this.part === 'undecided') this.settle(decision);
  }

  private settle(part: Part): void {
    this.part = part;
    this.answers.push(part);
  }

  private hear(answer: Part): void {
    if (answer === 'confirmed') this.decide(complete);
    else this.decide(giveUp);
  }

  private decide(command: OnboardingCommand): void {
    try {
      const decided = onboardingDecider.decide(command, fold(onboardingDecider, this.events));
      this.events = [...this.events, ...decided];
    } catch (error) {
      if ((error as { code?: string }).code !== 'onboarding/not-pending') throw error;
    }
  }
}

it('ends in all or in nothing, whatever came in which order, came twice or was cut off between two steps', () => {
  const ends = new Set<string>();
  const explore = (taken: readonly Turn[]): void => {
    const world = new World();
    for (const turn of taken) world.take(turn);
    const { identity, policy } = world.rest();
    ends.add(`${identity}, ${policy}, made ${world.made} times`);
    if (taken.length < TURNS_MAX) for (const turn of turns) explore([...taken, turn]);
  };
  explore([]);
  const nothing = ['cleared, refused, made 0 times', 'cleared, withdrawn, made 0 times'];
  expect([...ends].toSorted()).toEqual([...nothing, 'completed, confirmed, made 1 times']);
});
