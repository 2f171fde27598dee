import type { DemoPart } from './seeder.js';

/** The operator comes first: everything else is done in its name. */
export const operator: DemoPart = {
  name: 'operator',
  seed: async ({ memory, bootstrapOperator }) => ({ ...memory, operator: { api_key: await bootstrapOperator() } }),
};
