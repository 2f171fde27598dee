/** How long a limit counts before it begins anew. */
export type WindowUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month';

/** One run of a window: the instants from `startMs` up to and without `endMs`, ms since 1970. */
export type Window = { readonly unit: WindowUnit; readonly startMs: number; readonly endMs: number };

/** Windows of a fixed length are counted from 1970, the same everywhere. */
const LENGTH_MS = { second: 1_000, minute: 60_000, hour: 3_600_000 } as const;

/**
 * The run of the window that holds `atMs`. Days, weeks (from Monday) and months are those of the calendar in `timeZone`
 * (IANA): where clocks are set, a day has 23 or 25 hours, and where midnight does not exist, it begins at the first
 * instant that does. Runs follow one another without gap or overlap. Throws a RangeError for an unknown zone.
 */
export function windowAt(unit: WindowUnit, atMs: number, timeZone: string): Window {
  if (unit === 'second' || unit === 'minute' || unit === 'hour') {
    const length = LENGTH_MS[unit];
    const startMs = Math.floor(atMs / length) * length;
    return { unit, startMs, endMs: startMs + length };
  }
  const at = Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timeZone);
  const first = firstDay(unit, at.toPlainDate());
  const after = first.add({ day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } }[unit]);
  return { unit, startMs: beginning(first, timeZone), endMs: beginning(after, timeZone) };
}

function firstDay(unit: 'day' | 'week' | 'month', day: Temporal.PlainDate): Temporal.PlainDate {
  if (unit === 'month') return day.with({ day: 1 });
  return unit === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day;
}

const beginning = (day: Temporal.PlainDate, timeZone: string) => day.toZonedDateTime(timeZone).epochMilliseconds;

/** Remembers the run at hand for each unit and zone: `windowAt` for every request, for the price of a comparison. */
export class Windows {
  private readonly current = new Map<string, Window>();

  constructor(private readonly zonesMax = 1_024) {}

  at(unit: WindowUnit, atMs: number, timeZone: string): Window {
    const name = `${unit} ${timeZone}`;
    const known = this.current.get(name);
    if (known && atMs >= known.startMs && atMs < known.endMs) return known;
    const found = windowAt(unit, atMs, timeZone);
    if (this.current.size >= this.zonesMax) this.current.clear();
    this.current.set(name, found);
    return found;
  }
}
