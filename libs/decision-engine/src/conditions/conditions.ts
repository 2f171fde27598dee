import type { CompiledCondition } from './compile-condition.js';

/** Conditions of one statement: all of `when` must hold, none of `unless`. */
export type Conditions = { readonly when: readonly CompiledCondition[]; readonly unless: readonly CompiledCondition[] };
