import type { Condition, ResourcePattern } from '#libs/policy-language';
import {
  compileCondition,
  identityOf,
  readsOnlyResource,
  type CompiledCondition,
} from '../conditions/compile-condition.js';
import type { Conditions } from '../conditions/conditions.js';
import { actionIdsOf } from './action-ids.js';
import { readPatterns } from './read-patterns.js';
import { Remembered } from './remembered.js';
import type { Row, Terms } from './row.js';

/** What every place of a document may state. */
export type Statement = {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly resources?: readonly string[] | undefined;
  readonly when?: readonly Condition[] | undefined;
  readonly unless?: readonly Condition[] | undefined;
};

/** What surrounds a statement: its binding's resources and end, and whose resource alone it can be. */
export type Narrowing = {
  readonly resources?: readonly string[] | undefined;
  readonly expiresAtMs?: number;
  readonly ofTenant?: string;
};

const EVERYTHING = ['**'];

/**
 * Turns statements into rows. Rows share their parts: the same patterns and conditions are compiled once, however many
 * statements of however many revisions use them.
 */
export class StatementCompiler {
  private readonly patterns = new Remembered<readonly ResourcePattern[]>();
  private readonly conditions = new Remembered<CompiledCondition>();
  private readonly lists = new Remembered<Conditions>();
  private readonly actions = new Remembered<readonly number[]>();
  private readonly terms = new Remembered<Terms>();

  /** Throws a TypeError for what the lint would have refused. */
  compile(id: string, statement: Statement, narrowing: Narrowing = {}): Row {
    const { actions } = statement;
    return {
      id,
      actions: this.actions.of(actions.join('\n'), () => actionIdsOf(actions)),
      terms: this.terms.of(keyOf(statement, narrowing), () => this.termsOf(statement, narrowing)),
    };
  }

  private termsOf(statement: Statement, { resources, expiresAtMs = Infinity, ofTenant }: Narrowing): Terms {
    const reach = [this.patternsOf(statement.resources ?? EVERYTHING)];
    if (resources) reach.push(this.patternsOf(resources));
    const when = this.all(statement.when);
    const unless = this.all(statement.unless);
    const list = (keep: (condition: CompiledCondition) => boolean) =>
      this.listOf(when.filter(keep), unless.filter(keep));
    return {
      deny: statement.effect === 'deny',
      reach,
      ofTenant,
      conditions: list(isAny),
      onResource: list(readsOnlyResource),
      onRequest: list(readsMore),
      expiresAtMs,
    };
  }

  private patternsOf(texts: readonly string[]): readonly ResourcePattern[] {
    return this.patterns.of(texts.join('\n'), () => readPatterns(texts));
  }

  private all(conditions: readonly Condition[] = []): readonly CompiledCondition[] {
    return conditions.map((condition) =>
      this.conditions.of(JSON.stringify(condition), () => compileCondition(condition)),
    );
  }

  /** Equal lists are one object, so that statements with the same conditions can be told together. */
  private listOf(when: readonly CompiledCondition[], unless: readonly CompiledCondition[]): Conditions {
    const key = JSON.stringify([when.map(identityOf), unless.map(identityOf)]);
    return this.lists.of(key, () => ({ when, unless }));
  }
}

const isAny = () => true;
const readsMore = (condition: CompiledCondition) => !readsOnlyResource(condition);

function keyOf({ effect, resources, when, unless }: Statement, narrowing: Narrowing): string {
  const { resources: boundTo, expiresAtMs, ofTenant } = narrowing;
  return JSON.stringify([effect, resources, when, unless, boundTo, expiresAtMs, ofTenant]);
}
