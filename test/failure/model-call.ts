import { APIError, type OpenAI } from 'openai';

/** How a call went, as its caller saw it. `status` 0: no answer came. `isWhole`: the answer came to its end. */
export type Seen = {
  readonly status: number;
  readonly code: string;
  readonly id: string | undefined;
  readonly isWhole: boolean;
};

const messages = [{ role: 'user' as const, content: 'Count to three.' }];

/** One chat completion by the stock client, read to its end, whatever comes of it. */
export async function modelCall(client: OpenAI, model: string, stream = false): Promise<Seen> {
  let id: string | undefined;
  try {
    if (stream) {
      const call = await client.chat.completions.create({ model, messages, stream }).withResponse();
      id = idOf(call.response.headers);
      for await (const _chunk of call.data);
    } else {
      const call = await client.chat.completions.create({ model, messages }).withResponse();
      id = idOf(call.response.headers);
    }
    return { status: 200, code: '', id, isWhole: true };
  } catch (error) {
    // The answer had begun: its decision was made, and its caller has been told the id.
    if (id !== undefined) return { status: 200, code: '', id, isWhole: false };
    if (!(error instanceof APIError) || !error.headers) return unanswered;
    return { status: Number(error.status), code: String(error.code), id: idOf(error.headers), isWhole: true };
  }
}

export const unanswered: Seen = { status: 0, code: '', id: undefined, isWhole: false };

export function idOf(headers: Headers): string | undefined {
  return headers.get('gatehouse-decision-id') ?? undefined;
}
