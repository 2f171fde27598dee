import { onboardingEvents, type OnboardingEvent } from '#libs/contracts';
import type { ListProjection } from '#libs/decider';

/** An onboarding that somebody has to look after: until it is completed, or nothing of it is left. */
export type OnboardingRow = {
  id: string;
  tenantId: string;
  displayName: string;
  status: 'pending' | 'failed';
  deadlineAt: string;
  createdAt: string;
  /** For whom something was sealed. */
  subjectIds: readonly string[];
};

export const onboardingList: ListProjection<OnboardingEvent, OnboardingRow> = {
  name: 'onboarding_list_v1',
  types: onboardingEvents.map((event) => event.type),
  place: ({ data }) => ({ id: data.onboardingId, tenantId: data.tenantId }),
  project: (held, event) => {
    switch (event.type) {
      case 'identity.onboarding.requested': {
        const {
          onboardingId: id,
          tenantId,
          displayName,
          deadlineAt,
          at: createdAt,
          admin,
          virtualAccounts,
        } = event.data;
        const subjectIds = [admin.userId, ...virtualAccounts.map(({ virtualAccountId }) => virtualAccountId)];
        return { id, tenantId, displayName, status: 'pending', deadlineAt, createdAt, subjectIds };
      }
      case 'identity.onboarding.failed':
        return held && { ...held, status: 'failed' };
      case 'identity.onboarding.completed':
      case 'identity.onboarding.cleared':
        return undefined;
    }
  },
};
