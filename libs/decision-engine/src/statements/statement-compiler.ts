import type { Condition, ResourcePattern } from '#libs/policy-language';
import { readPatterns, type Catalogue } from '../catalogue/catalogue.js';
import { ModelSelector } from '../catalogue/model-selector.js';
import {
  compileCondition,
  readsOnlyResource,
  readsOperation,
  type CompiledCondition,
} from '../conditions/compile-condition.js';
import type { Conditions } from '../conditions/conditions.js';
import { evaluateCondition, FALSE, TRUE } from '../conditions/evaluate-condition.js';
import type { AccessRequest } from '../request.js';
import { actionIdsOf } from './action-ids.js';
import type { Row } from './row.js';

/** What every place of a document may state. */
export type Statement = {
  readonly effect: 'allow' | 'deny';
  readonly actions: readonly string[];
  readonly resources?: readonly string[] | undefined;
  readonly when?: readonly Condition[] | undefined;
  readonly unless?: readonly Condition[] | undefined;
};

/** What a binding adds to a statement. */
export type Narrowing = { readonly resources: readonly string[] | undefined; readonly expiresAtMs: number };

const EVERYTHING = ['**'];

/**
 * Turns statements into rows for one catalogue. Rows share their parts: the same patterns are resolved and the same
 * conditions compiled once per revision, however many statements use them.
 */
export class StatementCompiler {
  private readonly patterns = new Map<string, readonly ResourcePattern[]>();
  private readonly conditions = new Map<string, CompiledCondition>();
  private readonly lists = new Map<string, Conditions>();
  private readonly selectors = new Map<string, ModelSelector>();
  private readonly actions = new Map<string, readonly number[]>();
  /** Whether any condition asks for the operation; if none does, no refusal can be the operation's doing. */
  readsOperation = false;

  constructor(private readonly catalogue: Catalogue) {}

  /** Throws a TypeError for what the lint would have refused. */
  compile(id: string, statement: Statement, narrowing: Narrowing): Row {
    const deny = statement.effect === 'deny';
    const reach = [this.reach(statement.resources ?? EVERYTHING)];
    if (narrowing.resources) reach.push(this.reach(narrowing.resources));
    const conditions = this.conditionsOf(statement, isAny);
    const { when, unless } = conditions;
    return {
      id,
      cited: Object.freeze([id]),
      deny,
      actions: this.actionsOf(statement.actions),
      models: this.selector(deny, reach, { when, unless }),
      onModels: when.length + unless.length === 0 ? conditions : this.conditionsOf(statement, isDynamic),
      reach,
      conditions,
      expiresAtMs: narrowing.expiresAtMs,
    };
  }

  private reach(texts: readonly string[]): readonly ResourcePattern[] {
    return remembered(this.patterns, texts.join('\n'), () => readPatterns(texts));
  }

  private actionsOf(patterns: readonly string[]): readonly number[] {
    return remembered(this.actions, patterns.join('\n'), () => actionIdsOf(patterns));
  }

  /** Equal lists are one object, so that rows with the same conditions can be told together. */
  private conditionsOf(statement: Statement, keep: (condition: CompiledCondition) => boolean): Conditions {
    const when = this.all(statement.when).filter(keep);
    const unless = this.all(statement.unless).filter(keep);
    const key = JSON.stringify([when.map(identity), unless.map(identity)]);
    return remembered(this.lists, key, () => ({ when, unless }));
  }

  private all(conditions: readonly Condition[] = []): readonly CompiledCondition[] {
    return conditions.map((condition) => {
      const compiled = remembered(this.conditions, JSON.stringify(condition), () => compileCondition(condition));
      if (readsOperation(compiled)) this.readsOperation = true;
      return compiled;
    });
  }

  /** Models that the patterns name and that no condition on the model itself excludes. */
  private selector(deny: boolean, reach: Row['reach'], conditions: Conditions): ModelSelector {
    const when = conditions.when.filter(readsOnlyResource);
    const unless = conditions.unless.filter(readsOnlyResource);
    const key = JSON.stringify([
      deny && when.length + unless.length > 0,
      reach.map((patterns) => patterns.map(({ type, glob }) => `${type}:${glob.source}`)),
      when.map(identity),
      unless.map(identity),
    ]);
    return remembered(this.selectors, key, () => {
      let ids = [...this.idsMatching(reach[0] ?? [])];
      for (const patterns of reach.slice(1)) {
        const also = this.idsMatching(patterns);
        ids = ids.filter((id) => also.has(id));
      }
      const kept = ids.filter((id) => this.isOpen(deny, id, when, unless));
      return ModelSelector.of(
        kept.toSorted((a, b) => a - b),
        this.catalogue.models.length,
      );
    });
  }

  private idsMatching(patterns: readonly ResourcePattern[]): Set<number> {
    const ids = new Set<number>();
    for (const pattern of patterns) for (const { id } of this.catalogue.matching(pattern)) ids.add(id);
    return ids;
  }

  private isOpen(
    deny: boolean,
    id: number,
    when: readonly CompiledCondition[],
    unless: readonly CompiledCondition[],
  ): boolean {
    const model = this.catalogue.models[id];
    if (!model) return false;
    const outcome = (condition: CompiledCondition) => evaluateCondition(condition, NOBODY, model);
    if (deny) return !when.some((c) => outcome(c) === FALSE) && !unless.some((c) => outcome(c) === TRUE);
    return when.every((c) => outcome(c) === TRUE) && unless.every((c) => outcome(c) === FALSE);
  }
}

const isAny = () => true;
const isDynamic = (condition: CompiledCondition) => !readsOnlyResource(condition);
const identity = ({ attr, operator, ref, text, number, wanted, values }: CompiledCondition) => {
  return [attr, operator, ref?.name, ref?.key, text, number, wanted, values];
};

/** Conditions on the resource alone ask nothing of it. */
const NOBODY: AccessRequest = {
  principal: { id: '', kind: 'user', tenant: '', teams: [], groups: [], labels: {} },
  action: '',
  resource: { type: '', path: '' },
  credential: { kind: 'none' },
  request: { operation: '', timeMs: 0 },
};

function remembered<Value>(cache: Map<string, Value>, key: string, make: () => Value): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const made = make();
  cache.set(key, made);
  return made;
}
