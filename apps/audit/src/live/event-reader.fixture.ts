export type Event = { readonly name: string; readonly id: string | undefined; readonly data: Record<string, unknown> };

/** Reads an event stream as browsers do. Ends by itself when the server ends it. */
export class EventReader {
  readonly events: Event[] = [];
  ended = false;
  private readonly leaving = new AbortController();

  private constructor(readonly status: number) {}

  static async open(url: string, headers: Record<string, string>): Promise<EventReader> {
    const leaving = new AbortController();
    const answer = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: leaving.signal });
    const reader = new EventReader(answer.status);
    reader.leaving.signal.addEventListener('abort', () => leaving.abort());
    void reader.read(answer.body);
    return reader;
  }

  /** As a client that closes its connection. */
  leave(): void {
    this.leaving.abort();
  }

  named(name: string): Event[] {
    return this.events.filter((event) => event.name === name);
  }

  private async read(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    try {
      for await (const chunk of body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const parts = text.split('\n\n');
        text = parts.pop() ?? '';
        this.events.push(...parts.flatMap(eventOf));
      }
    } catch {
      // Left, or cut off by the server: either way nothing follows.
    }
    this.ended = true;
  }
}

function eventOf(part: string): Event[] {
  const fields = new Map(
    part.split('\n').map((line) => [line.split(': ', 1)[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
  );
  const name = fields.get('event');
  if (name === undefined) return [];
  return [{ name, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? '{}') as Record<string, unknown> }];
}
