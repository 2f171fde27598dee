import { PoisonRecord } from '../bus-error.js';
import type { BusRecord } from '../bus-record.js';
import { readEventRecord, type EventRecord } from '../envelope/event-record.js';

/** A record that was read, and the record itself for the case that it becomes a dead letter. */
export type RoutedEvent = { readonly record: BusRecord; readonly event: EventRecord };

/** One thing to do with a run of records, in the order of the log. */
export type RouteStep =
  | { readonly do: 'handle'; readonly pattern: string; readonly items: RoutedEvent[] }
  | { readonly do: 'bury'; readonly record: BusRecord; readonly reason: string };

export type RoutePatterns = {
  readonly has: (pattern: string) => boolean;
  /** Patterns that are passed over on purpose. */
  readonly ignored: ReadonlySet<string>;
};

/**
 * Sorts a batch to the handlers: `<topic>#<ce_type>` before `<topic>`. Neighbours with one handler stay together.
 * What cannot be read, and what nobody handles or ignores, is for the dead letters.
 */
export function routeBatch(records: readonly BusRecord[], patterns: RoutePatterns): readonly RouteStep[] {
  const steps: RouteStep[] = [];
  for (const record of records) {
    const step = routeRecord(record, patterns);
    const last = steps.at(-1);
    if (!step) continue;
    if (step.do === 'handle' && last?.do === 'handle' && last.pattern === step.pattern) last.items.push(...step.items);
    else steps.push(step);
  }
  return steps;
}

function routeRecord(record: BusRecord, { has, ignored }: RoutePatterns): RouteStep | undefined {
  const { topic } = record;
  if (ignored.has(topic) && !has(topic)) return undefined;
  const event = read(record);
  if (event instanceof PoisonRecord) return { do: 'bury', record, reason: event.reason };
  const exact = `${topic}#${event.envelope.type}`;
  if (has(exact)) return { do: 'handle', pattern: exact, items: [{ record, event }] };
  if (ignored.has(exact)) return undefined;
  if (has(topic)) return { do: 'handle', pattern: topic, items: [{ record, event }] };
  return { do: 'bury', record, reason: 'bus/no-handler' };
}

function read(record: BusRecord): EventRecord | PoisonRecord {
  try {
    return readEventRecord(record);
  } catch (error) {
    if (error instanceof PoisonRecord) return error;
    throw error;
  }
}
