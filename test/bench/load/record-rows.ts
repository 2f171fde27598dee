/** Tenants that share the rows alike. */
export const TENANTS = 100;
const MODELS = 12;
const CALLERS = 200;
const PARTITIONS = 16;
const DAY_MS = 86_400_000;
/** By which the rows of a record are told from those of the stack itself. */
export const RECORD_TOPIC = 'bench.decisions.v1';
/** Whether the decision `number` allows, as an expression. */
export const ALLOWED = 'cityHash64(number, 4) % 10 != 0';

/** Rows `first` to before `first + count`, spread evenly over one day. */
export type Piece = { readonly first: number; readonly count: number; readonly dayMs: number };

/** The same `n` gives the same row, so that a call finds its decision. */
const common = ({ first, count, dayMs }: Piece) => `
  toUUID(concat('018f0000-0000-7000-8000-', leftPad(lower(hex(n)), 12, '0'))) AS decision_id,
  fromUnixTimestamp64Milli(toInt64(${dayMs}) + intDiv((n - ${first}) * ${DAY_MS}, ${count}), 'UTC') AS at,
  concat('bench-', toString(h1 % ${TENANTS})) AS tenant_id,
  'gateway' AS service, 'user' AS principal_kind, concat('user_', toString(h2 % ${CALLERS})) AS principal_id,
  concat('k', toString(h2 % ${CALLERS * 2})) AS key_id, 'api_key' AS auth_method, 'chat' AS operation,
  concat('main/model-', toString(h3 % ${MODELS})) AS requested_model,
  if(allowed, requested_model, '') AS resolved_model, 'main' AS provider_account,
  if(h3 % 3 = 0, 'staging', 'production') AS environment,
  map('feature', concat('f', toString(h2 % 7))) AS metadata,
  'bench' AS replica, 'bench' AS boot, n + 1 AS seq, at AS appended_at, '${RECORD_TOPIC}' AS kafka_topic,
  toUInt32(h1 % ${PARTITIONS}) AS kafka_partition`;

const numbers = ({ first, count }: Piece) => `
  (SELECT number AS n, cityHash64(number, 1) AS h1, cityHash64(number, 2) AS h2, cityHash64(number, 3) AS h3,
    ${ALLOWED} AS allowed
  FROM numbers(${first}, ${count}))`;

const named = (text: string) => text.trim().split(/\s+/);
const COMMON = named(`
  decision_id at tenant_id service principal_kind principal_id key_id auth_method operation requested_model resolved_model
  provider_account environment metadata replica boot seq appended_at kafka_topic kafka_partition`);
const DECISION = named(`
  outcome code reason statements action resource_type resource ip attributes http_status count kafka_offset`);
const CALL = named(`
  input_tokens output_tokens cost currency usage_source latency_ms time_to_first_token_ms http_status source outcome
  kafka_offset`);

const insert = (table: string, columns: readonly string[], select: string, from: string) =>
  `INSERT INTO ${table} (${columns.join(', ')}) SELECT ${columns.join(', ')} FROM (SELECT ${select} FROM ${from})`;

/** Nine of ten are allowed; half of the callers are in a team or two. */
export function decisionsSql(piece: Piece): string {
  const own = `
    if(allowed, 'allow', 'deny') AS outcome, if(allowed, '', 'model_not_allowed') AS code,
    multiIf(allowed, 'granted', h1 % 3 = 0, 'limit', 'no_matching_rule') AS reason,
    if(allowed, ['developer/models'], []) AS statements, 'model:invoke' AS action, 'model' AS resource_type,
    requested_model AS resource, '10.0.0.1' AS ip,
    map('principal.teams', multiIf(h2 % 4 = 0, 'red', h2 % 4 = 1, 'red,blue', '')) AS attributes,
    toUInt16(if(allowed, 200, 403)) AS http_status, toUInt64(1) AS count, n * 2 AS kafka_offset`;
  return insert('decisions', [...COMMON, ...DECISION], `${common(piece)}, ${own}`, numbers(piece));
}

/** The calls of those that are allowed. */
export function callsSql(piece: Piece): string {
  const own = `
    toUInt64(h1 % 4000) AS input_tokens, toUInt64(h3 % 900) AS output_tokens,
    toDecimal128((h1 % 100000) / 1000000, 12) AS cost, 'USD' AS currency, 'upstream' AS usage_source,
    (h2 % 20000) / 10 AS latency_ms, (h3 % 5000) / 10 AS time_to_first_token_ms, toUInt16(200) AS http_status,
    'upstream' AS source, 'completed' AS outcome, n * 2 + 1 AS kafka_offset`;
  const allowed = `(SELECT * FROM ${numbers(piece)} WHERE allowed)`;
  return insert('calls', [...COMMON, ...CALL], `${common(piece)}, ${own}`, allowed);
}
