import {
  compileGlob,
  isReference,
  operatorOf,
  readAttribute,
  readNetwork,
  type AttributeReference,
  type Condition,
  type Glob,
  type IpNetwork,
  type Operand,
  type Operator,
} from '#libs/policy-language';

/** A condition taken apart once, so that evaluating it parses nothing. All fields are always there: one shape. */
export type CompiledCondition = {
  readonly attr: string;
  readonly left: AttributeReference;
  readonly key: string;
  readonly operator: Operator;
  /** Of `{ref: …}`. */
  readonly ref: AttributeReference | undefined;
  /** As it was written; empty without `ref`. */
  readonly refAttr: string;
  readonly text: string;
  readonly number: number;
  readonly wanted: boolean;
  readonly values: readonly string[];
  /** For membership in long lists. */
  readonly among: ReadonlySet<string>;
  readonly glob: Glob | undefined;
  readonly networks: readonly IpNetwork[];
};

const EMPTY: ReadonlySet<string> = new Set();

/** Throws a TypeError for what the lint would have refused: an unknown attribute, a network that is none. */
export function compileCondition(condition: Condition): CompiledCondition {
  const { operator, operand } = operatorOf(condition);
  const values = valuesOf(operand);
  return {
    attr: condition.attr,
    left: attribute(condition.attr),
    key: attribute(condition.attr).key ?? '',
    operator,
    ref: isReference(operand) ? attribute(operand.ref) : undefined,
    refAttr: isReference(operand) ? operand.ref : '',
    text: typeof operand === 'string' ? operand : '',
    number: numberOf(operator, operand),
    wanted: operand === true,
    values,
    among: values.length > 0 ? new Set(values) : EMPTY,
    glob: operator === 'glob' && typeof operand === 'string' ? compileGlob(operand) : undefined,
    networks: operator === 'cidr' ? values.map(network) : [],
  };
}

/** What tells one condition from another. */
export const identityOf = ({ attr, operator, ref, text, number, wanted, values }: CompiledCondition) => {
  return [attr, operator, ref?.name, ref?.key, text, number, wanted, values];
};

/** Whether it reads nothing but the resource, and so is settled for a model once. */
export const readsOnlyResource = ({ left, ref }: CompiledCondition): boolean =>
  left.name.startsWith('resource.') && (ref === undefined || ref.name.startsWith('resource.'));

function attribute(text: string): AttributeReference {
  const read = readAttribute(text);
  if (!read) throw new TypeError(`unknown attribute ${text}`);
  return read;
}

function valuesOf(operand: Operand): readonly string[] {
  if (typeof operand === 'string') return [operand];
  return Array.isArray(operand) ? (operand as readonly string[]) : [];
}

function numberOf(operator: Operator, operand: Operand): number {
  if (typeof operand === 'number') return operand;
  if (operator !== 'before' && operator !== 'after') return Number.NaN;
  const at = typeof operand === 'string' ? Date.parse(operand) : Number.NaN;
  if (Number.isNaN(at)) throw new TypeError(`${operator} needs a point in time`);
  return at;
}

function network(text: string): IpNetwork {
  const read = readNetwork(text);
  if (!read) throw new TypeError(`${text} is no network`);
  return read;
}
