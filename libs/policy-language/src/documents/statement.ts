import { z } from 'zod';
import { Condition } from './condition.js';
import { listOf, Texts } from './lists.js';
import { StatementId } from './names.js';

const Conditions = listOf(Condition, 32);
/** An action by name, or several by `*`. */
export const ActionPattern = z.string().min(1).max(200);

/** What statements of every place have: which actions on which resources, under which conditions. */
const scope = {
  actions: listOf(ActionPattern),
  when: Conditions.optional(),
  unless: Conditions.optional(),
};

/** A statement of a role. Without `resources` it reaches everything, which only a tenant-wide role may. */
export const RoleStatement = z.strictObject({
  id: StatementId,
  description: z.string().max(500).optional(),
  effect: z.enum(['allow', 'deny']),
  ...scope,
  resources: Texts.optional(),
});
export type RoleStatement = z.output<typeof RoleStatement>;

/** What a boundary, or a key, leaves open. */
export const AllowStatement = z.strictObject({ id: StatementId.optional(), ...scope, resources: Texts });
export type AllowStatement = z.output<typeof AllowStatement>;

/** The shorthand beside a model; the resource is the model. */
export const ModelGrant = z.strictObject({ subjects: Texts, ...scope });
export type ModelGrant = z.output<typeof ModelGrant>;
