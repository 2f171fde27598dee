import {
  OnboardingPolicyConfirmed,
  OnboardingPolicyRefused,
  OnboardingPolicyWithdrawn,
  type OnboardingPolicyEvent,
} from '#libs/contracts';
import { specFor } from '#libs/testing';
import { describe, it } from 'vitest';
import { onboardingDecider } from './onboarding.decider.js';

const given = specFor(onboardingDecider);
const named = { onboardingId: 'onboarding_1', tenantId: 'initech', at: '2026-11-28T09:00:00.000Z' };
const part = { revision: 1, documents: [{ kind: 'Role' as const, name: 'reader' }] };
const confirm = { type: 'ConfirmOnboarding' as const, ...named, ...part };
const refuse = { type: 'RefuseOnboarding' as const, ...named, problems: [{ message: 'No such role.' }] };
const withdraw = { type: 'WithdrawOnboarding' as const, ...named };
const confirmed = OnboardingPolicyConfirmed.of({ ...named, ...part });
const refused = OnboardingPolicyRefused.of({ ...named, problems: [{ message: 'No such role.' }] });
const withdrawn = OnboardingPolicyWithdrawn.of(named);

describe('policy’s part in an onboarding', () => {
  it('is confirmed once', () => {
    given().when(confirm).expect(confirmed);
    given(confirmed).when(confirm).expectRefusal('onboarding/decided');
  });

  it('is refused with what is wrong', () => given().when(refuse).expect(refused));

  it.each<[string, OnboardingPolicyEvent]>([
    ['confirmed', confirmed],
    ['refused', refused],
    ['withdrawn', withdrawn],
  ])('stays %s when the request comes again', (_what, decided) => {
    given(decided).when(refuse).expect();
    given(decided).when(confirm).expectRefusal('onboarding/decided');
  });

  it('is withdrawn after it was confirmed, once', () => {
    given(confirmed).when(withdraw).expect(withdrawn);
    given(confirmed, withdrawn).when(withdraw).expect();
  });

  it('has nothing to withdraw once it was refused', () => given(refused).when(withdraw).expect());

  it('is not confirmed by a request that comes after the withdrawal', () => {
    given().when(withdraw).expect(withdrawn);
    given(withdrawn).when(confirm).expectRefusal('onboarding/decided');
  });
});
