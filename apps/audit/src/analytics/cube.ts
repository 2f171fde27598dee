/** A table of rows that questions can be asked about, and the sums that are kept of it. */
export type Cube = {
  readonly table: 'decisions' | 'calls';
  /** Columns by which it is grouped and filtered. */
  readonly columns: readonly string[];
  /** What is reckoned of each group, as SQL over rows called `t`. */
  readonly figures: readonly string[];
  /** Sums by minute that say the same; undefined where only the rows know. */
  readonly rollup?: {
    readonly table: string;
    readonly columns: readonly string[];
    readonly figures: readonly string[];
  };
  /** Which figure the largest groups are found by. */
  readonly largestBy: string;
  /** Always grouped by as well: what has no sum across it. */
  readonly apart: readonly string[];
};

const CALLER = ['principal_kind', 'principal_id', 'key_id', 'auth_method'] as const;
const MODEL = ['requested_model', 'resolved_model', 'provider_account', 'environment', 'operation'] as const;

export const REQUEST_COLUMNS = [
  'service',
  'action',
  'resource_type',
  ...CALLER,
  ...MODEL,
  'outcome',
  'code',
  'reason',
] as const;

export const CALL_COLUMNS = [
  ...CALLER,
  ...MODEL,
  'provider_name',
  'outcome',
  'source',
  'error_type',
  'usage_source',
  'finish_reason',
  'currency',
] as const;

const requestFigures = (count: string) => [
  `sum(t.${count}) AS requests`,
  `sumIf(t.${count}, t.outcome = 'allow') AS allowed`,
  `sumIf(t.${count}, t.outcome = 'deny') AS denied`,
];

/** Decisions of every service; one that stands for a flood counts as often as it was folded. */
export const REQUESTS: Cube = {
  table: 'decisions',
  columns: REQUEST_COLUMNS,
  figures: requestFigures('count'),
  rollup: {
    table: 'decisions_by_minute',
    columns: ['service', 'resolved_model', 'environment', 'operation', 'outcome', 'code', 'reason'],
    figures: requestFigures('decisions'),
  },
  largestBy: 'requests',
  apart: [],
};

const SUMS = ['input_tokens', 'cached_input_tokens', 'output_tokens', 'reasoning_tokens', 'cost'].map(
  (column) => `sum(t.${column}) AS ${column}`,
);

/** Calls that were made, what they used and what that cost. Costs in different currencies have no sum. */
export const CALLS: Cube = {
  table: 'calls',
  columns: CALL_COLUMNS,
  figures: ['count() AS calls', ...SUMS],
  rollup: {
    table: 'calls_by_minute',
    columns: ['principal_id', 'key_id', 'resolved_model', 'provider_account', 'environment', 'operation', 'currency'],
    figures: ['sum(t.calls) AS calls', ...SUMS],
  },
  largestBy: 'calls',
  apart: ['currency'],
};

/** Of n values the one with floor(level × n) below it. */
const spread = (column: string, condition: string) => [
  ...[50, 95, 99].map((level) => `quantileExactIf(${level / 100})(t.${column}, ${condition}) AS ${column}_p${level}`),
  `maxIf(t.${column}, ${condition}) AS ${column}_max`,
];

/** How long calls took; without a first byte there is no time to it. Only rows know: percentiles have no sums. */
export const LATENCY: Cube = {
  table: 'calls',
  columns: CALL_COLUMNS,
  figures: [
    'count() AS calls',
    ...spread('latency_ms', 'true'),
    'countIf(t.time_to_first_token_ms > 0) AS calls_with_first_token',
    ...spread('time_to_first_token_ms', 't.time_to_first_token_ms > 0'),
  ],
  largestBy: 'calls',
  apart: [],
};
