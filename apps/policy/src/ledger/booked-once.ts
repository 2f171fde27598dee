import type { CallCompleted, DecisionRecord } from '#libs/contracts';

/** One spool file of one process. */
export type Writer = { readonly replica: string; readonly boot: string };

/** Numbers that were passed over, both included. */
export type Hole = readonly [first: number, last: number];

/** Which of a writer's numbers are booked: all up to `seq` but the holes, in their order. */
export type Booked = { readonly seq: number; readonly holes: readonly Hole[] };

/** What is booked, by writer, within one partition. */
export type Books = ReadonlyMap<string, Booked>;

/** Of one writer, the last ones. A hole is a record that could not be read; one that is forgotten is never booked. */
export const HOLES_MAX = 1_000;

const NOTHING: Booked = { seq: 0, holes: [] };

export const writerKey = ({ replica, boot }: Writer) => JSON.stringify([replica, boot]);

/**
 * The calls among the records that are not booked yet, and what is booked after them. A writer numbers its records
 * densely and sends them in that order, again from some place after a failure. So what is at or below its highest number
 * was booked before, wherever in the log it stands now, unless it is in a hole: then it is a dead letter that was sent
 * again.
 */
export function notBooked(
  records: readonly DecisionRecord[],
  books: Books,
): { readonly calls: readonly CallCompleted[]; readonly books: Books } {
  const after = new Map(books);
  const calls: CallCompleted[] = [];
  for (const record of records) {
    const writer = writerKey(record);
    const now = withNumber(after.get(writer) ?? NOTHING, record.seq);
    if (now === undefined) continue;
    after.set(writer, now);
    if (record.type === 'call.completed') calls.push(record);
  }
  return { calls, books: after };
}

/** Undefined where the number is booked already. */
function withNumber({ seq, holes }: Booked, number: number): Booked | undefined {
  if (number === seq + 1) return { seq: number, holes };
  if (number > seq) return { seq: number, holes: [...holes, [seq + 1, number - 1] as const].slice(-HOLES_MAX) };
  const filled = holes.find(([first, last]) => first <= number && number <= last);
  if (!filled) return undefined;
  const [first, last] = filled;
  const rest = [[first, number - 1] as const, [number + 1, last] as const].filter(([from, to]) => from <= to);
  return { seq, holes: holes.flatMap((hole) => (hole === filled ? rest : [hole])) };
}
