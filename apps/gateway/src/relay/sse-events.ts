const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

/** Index behind the last whole event: an empty line ends one. 0 where none has ended. */
export function endOfEvents(bytes: Buffer): number {
  for (let at = bytes.lastIndexOf(LF); at > 0; at = bytes.lastIndexOf(LF, at - 1)) {
    if (isEmptyLine(bytes, at)) return at + 1;
  }
  return 0;
}

/** Index of the first byte of the event that `at` stands in. */
export function startOfEvent(bytes: Buffer, at: number): number {
  for (let end = bytes.lastIndexOf(LF, at); end > 0; end = bytes.lastIndexOf(LF, end - 1)) {
    if (isEmptyLine(bytes, end)) return end + 1;
  }
  return 0;
}

function isEmptyLine(bytes: Buffer, lineFeed: number): boolean {
  const before = bytes[lineFeed - 1];
  return before === LF || (before === CR && bytes[lineFeed - 2] === LF);
}

/** How many bytes the first event has, with its empty line; all of them where none ends. */
export function endOfFirstEvent(events: Buffer): number {
  const plain = events.indexOf('\n\n');
  const returned = events.indexOf('\n\r\n');
  if (returned >= 0 && (plain < 0 || returned < plain)) return returned + 3;
  return plain < 0 ? events.length : plain + 2;
}

/** Whole events, one by one. */
export function* eachEvent(events: Buffer): Generator<Buffer> {
  for (let at = 0; at < events.length;) {
    const event = events.subarray(at, at + endOfFirstEvent(events.subarray(at)));
    yield event;
    at += event.length;
  }
}

/** Whether every line so far is empty or a comment, which begins with a colon. */
export function isCommentsOnly(bytes: Buffer): boolean {
  for (let at = 0; at >= 0 && at < bytes.length; at = lineAfter(bytes, at)) {
    const first = bytes[at];
    if (first !== COLON && first !== LF && first !== CR) return false;
  }
  return true;
}

function lineAfter(bytes: Buffer, at: number): number {
  const end = bytes.indexOf(LF, at);
  return end < 0 ? -1 : end + 1;
}

/** The data of one event: its `data` lines, joined. */
export function dataOf(event: Buffer): string {
  const lines = event.toString('utf8').split(/\r?\n/u);
  return lines.flatMap((line) => (line.startsWith('data:') ? [line.slice(line[5] === ' ' ? 6 : 5)] : [])).join('\n');
}
