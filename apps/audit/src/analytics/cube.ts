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
  /** The figure by which groups are in order, the highest first. */
  readonly highestBy: string;
  /** Always grouped by as well: what has no sum across it. */
  readonly apart: readonly string[];
};

const CALLER = ['principal_kind', 'principal_id', 'key_id', 'auth_method'] as const;
const MODEL = ['requested_model', 'resolved_model', 'provider_account', 'environment', 'operation'] as const;

export const REQUEST_COLUMNS = [
  'service',
  'action',
  'resource_type',
  'resource',
  'ip',
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

/** What a decision has several of, as SQL over its columns; a row without any has the empty one. */
export const LISTS: Readonly<Record<string, string>> = {
  team: `splitByChar(',', attributes['principal.teams'])`,
  statement: `if(empty(statements), [''], statements)`,
};

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
  highestBy: 'requests',
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
  highestBy: 'calls',
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
  highestBy: 'calls',
  apart: [],
};

/** When something was first and last seen, and last allowed. */
export const USES: Cube = {
  table: 'decisions',
  columns: REQUEST_COLUMNS,
  figures: [
    'minOrNull(t.at) AS first_seen_at',
    'maxOrNull(t.at) AS last_seen_at',
    `maxOrNullIf(t.at, t.outcome = 'allow') AS last_allowed_at`,
    ...requestFigures('count'),
  ],
  highestBy: 'last_seen_at',
  apart: [],
};
