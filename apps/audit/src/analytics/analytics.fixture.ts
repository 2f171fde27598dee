import type { AccessDecided, CallCompleted } from '#libs/contracts';
import type { SpoolTwin } from '../records.fixture.js';

/** What figures are asked for, as the route takes it. */
export type Asked = {
  readonly about: 'requests' | 'calls' | 'latency' | 'uses';
  readonly fromMs: number;
  readonly toMs: number;
  readonly dimensions: readonly string[];
  readonly grain?: 'minute' | 'hour' | 'day' | 'month' | undefined;
  /** The asker's own where it is left out. */
  readonly zone?: string | undefined;
  readonly equal: Readonly<Record<string, string>>;
};
type Fact = { readonly decision: AccessDecided; readonly call?: CallCompleted | undefined };

/** From the same numbers the same choices: a figure that is wrong is wrong again. */
export function chooser(seed: number) {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return {
    below: (n: number) => Math.floor(next() * n),
    of: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T,
  };
}

const DIMENSIONS = [
  'team',
  'statement',
  'metadata.feature',
  'metadata.odd "key"',
  'principal_id',
  'key_id',
  'resolved_model',
  'environment',
  'outcome',
];
const FILTERS: readonly Record<string, string>[] = [
  { environment: 'staging' },
  { environment: 'production' },
  { team: 'red' },
  { team: 'none' },
  { statement: 'manager/all' },
  { metadata: 'feature=search' },
  { principal_id: 'va_bot' },
];

/** Of whole minutes and others, most of them such that sums by minute can answer. */
export function anyQuestion({ below, of }: ReturnType<typeof chooser>, endMs: number): Asked {
  const toMs = endMs + of([60_000, 60_000, -1_234_567]);
  const dimension = () => of(below(3) > 0 ? ['resolved_model', 'environment'] : DIMENSIONS);
  return {
    about: of(['requests', 'calls', 'latency', 'uses'] as const),
    fromMs: toMs - of([60_000, 3_600_000, 4 * 86_400_000]) - of([0, 0, 7]),
    toMs,
    dimensions: [...new Set(Array.from({ length: below(4) }, dimension))],
    grain: of([undefined, 'minute', 'hour', 'day', 'month'] as const),
    zone: of([undefined, undefined, 'UTC', 'Pacific/Apia', 'Europe/Berlin']),
    equal: below(3) === 0 ? {} : of(FILTERS),
  };
}

/** As it is asked over HTTP. */
export function urlOf({ about, fromMs, toMs, dimensions, grain, zone, equal }: Asked): string {
  const query = new URLSearchParams({
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    ...equal,
  });
  if (dimensions.length > 0) query.set('group_by', dimensions.join(','));
  if (grain) query.set('grain', grain);
  if (zone) query.set('time_zone', zone);
  return `/v1/analytics/${about}?${query}`;
}

/** A few callers, models, teams and prices, mixed: every group has several rows, and some have none. */
export function mixedFacts(spool: SpoolTwin, count: number, endMs: number): Fact[] {
  const { below, of } = chooser(7);
  return Array.from({ length: count }, () => {
    const atMs = endMs - below(of([600_000, 7_200_000, 3 * 86_400_000]));
    const isAllowed = below(4) > 0;
    const model = of(['local/llama-3', 'openai-main/gpt-4']);
    const own = {
      at: new Date(atMs).toISOString(),
      tenant_id: of(['acme', 'acme', 'globex']),
      principal_id: of(['user_dev', 'user_ana', 'va_bot']),
      key_id: of(['k1', 'k2', '']),
      environment: of(['production', 'staging']),
      metadata: of([{}, { feature: 'search' }, { feature: 'chat', 'odd "key"': "it's" }]),
      requested_model: model,
      resolved_model: isAllowed ? model : '',
      provider_account: isAllowed ? model.split('/')[0] : '',
    } as const;
    const decision = spool.decided({
      ...own,
      attributes: of([{}, { 'principal.teams': 'red' }, { 'principal.teams': 'red,blue' }]),
      statements: isAllowed ? of([['developer/models'], ['developer/models', 'manager/all']]) : [],
      count: isAllowed ? 1 : 1 + below(3),
      ...(!isAllowed && { outcome: 'deny', ...of([noRule, overLimit]) }),
    } as Partial<AccessDecided>);
    if (!isAllowed || below(8) === 0) return { decision };
    const call = spool.completed(decision, {
      ...own,
      input_tokens: below(5_000),
      output_tokens: below(900),
      cost: of(['0.1', '0.000000000001', '12345.678901234567', '0']),
      currency: of(['USD', 'EUR']),
      latency_ms: below(9_000) / 8,
      time_to_first_token_ms: below(3) === 0 ? 0 : below(800) / 8,
      outcome: of(['completed', 'failed']),
    } as Partial<CallCompleted>);
    return { decision, call };
  });
}

const noRule = { code: 'model_not_allowed', reason: 'no_matching_rule', http_status: 403 } as const;
const overLimit = { code: 'rate_limit_exceeded', reason: 'limit', http_status: 429 } as const;

/** The figures as anybody would reckon them who has all records in hand. */
export function reckoned(
  facts: readonly Fact[],
  { about, fromMs, toMs, dimensions, grain, zone = 'UTC', equal }: Asked,
) {
  const rows = facts.flatMap((fact) => {
    const row = about === 'requests' || about === 'uses' ? fact.decision : fact.call;
    if (!row || Date.parse(row.at) < fromMs || Date.parse(row.at) >= toMs) return [];
    const asksFor = (name: string) => dimensions.includes(name) || name in equal;
    const teams = asksFor('team') ? (fact.decision.attributes['principal.teams'] ?? '').split(',') : [''];
    const statements = asksFor('statement') ? fact.decision.statements : [''];
    const lists = teams.flatMap((team) =>
      (statements.length > 0 ? statements : ['']).map((statement) => ({ team, statement })),
    );
    return lists.map((list) => ({ row, read: (name: string) => read(row, list, name) }));
  });
  const asked = rows.filter(({ read: of }) => Object.entries(equal).every(([name, value]) => isEqual(of, name, value)));
  const names = [...dimensions, ...(about === 'calls' && !dimensions.includes('currency') ? ['currency'] : [])];
  const groups = Map.groupBy(asked, ({ row, read: of }) =>
    JSON.stringify([grain && start(grain, row.at, zone), ...names.map(of)]),
  );
  if (groups.size === 0 && names.length === 0 && !grain) groups.set('[null]', []);
  return [...groups].map(([key, members]) => {
    const [time, ...values] = JSON.parse(key) as (string | null)[];
    return {
      ...(time !== null && { time }),
      ...Object.fromEntries(names.map((name, index) => [name, values[index]])),
      ...figuresOf(
        about,
        members.map(({ row }) => row),
      ),
    };
  });
}

function read(row: AccessDecided | CallCompleted, list: Record<string, string>, name: string): string {
  if (list[name] !== undefined) return list[name];
  if (name.startsWith('metadata.')) return row.metadata[name.slice('metadata.'.length)] ?? '';
  return String((row as Record<string, unknown>)[name]);
}

function isEqual(of: (name: string) => string, name: string, value: string): boolean {
  if (name !== 'metadata') return of(name) === value;
  const [key = '', wanted] = value.split('=');
  return of(`metadata.${key}`) === wanted;
}

/** When the minute, hour, day or month began, by the calendar of a place. */
export function start(grain: 'minute' | 'hour' | 'day' | 'month', at: string, zone: string): string {
  const local = Temporal.Instant.from(at).toZonedDateTimeISO(zone);
  const began =
    grain === 'month'
      ? local.with({ day: 1 }).startOfDay()
      : grain === 'day'
        ? local.startOfDay()
        : local.round({ smallestUnit: grain, roundingMode: 'floor' });
  return began.toInstant().toString({ smallestUnit: 'second' });
}

function figuresOf(about: Asked['about'], rows: readonly (AccessDecided | CallCompleted)[]) {
  const sum = (name: string, of = rows) =>
    of.reduce((total, row) => total + Number((row as Record<string, unknown>)[name]), 0);
  if (about === 'requests' || about === 'uses') {
    const [allowed = [], denied = []] = ['allow', 'deny'].map((outcome) =>
      rows.filter((row) => row.outcome === outcome),
    );
    const latest = (of: typeof rows) =>
      of
        .map(({ at }) => at)
        .toSorted()
        .at(-1) ?? null;
    const first = rows.map(({ at }) => at).toSorted()[0] ?? null;
    const seen = { first_seen_at: first, last_seen_at: latest(rows), last_allowed_at: latest(allowed) };
    return {
      ...(about === 'uses' && seen),
      requests: sum('count'),
      allowed: sum('count', allowed),
      denied: sum('count', denied),
    };
  }
  const calls = rows as readonly CallCompleted[];
  if (about === 'latency') {
    const first = calls.map((call) => call.time_to_first_token_ms).filter((ms) => ms > 0);
    return {
      calls: calls.length,
      ...spread(
        'latency_ms',
        calls.map((call) => call.latency_ms),
      ),
      calls_with_first_token: first.length,
      ...spread('time_to_first_token_ms', first),
    };
  }
  const tokens = ['input_tokens', 'cached_input_tokens', 'output_tokens', 'reasoning_tokens'];
  return { calls: calls.length, ...Object.fromEntries(tokens.map((name) => [name, sum(name)])), cost: costOf(calls) };
}

function spread(name: string, values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (level: number) => (sorted.length === 0 ? null : sorted[Math.floor(level * sorted.length)]);
  return {
    [`${name}_p50`]: at(0.5),
    [`${name}_p95`]: at(0.95),
    [`${name}_p99`]: at(0.99),
    [`${name}_max`]: sorted.at(-1) ?? 0,
  };
}

const DIGITS = 12;

/** Exact: in units of the last digit that a cost may have. */
export function costOf(calls: readonly Pick<CallCompleted, 'cost'>[]): string {
  const units = calls.reduce((total, { cost }) => {
    const [whole = '0', fraction = ''] = cost.split('.');
    return total + BigInt(whole + fraction.padEnd(DIGITS, '0'));
  }, 0n);
  const text = String(units).padStart(DIGITS + 1, '0');
  return `${text.slice(0, -DIGITS)}.${text.slice(-DIGITS)}`.replace(/\.?0+$/, '');
}
