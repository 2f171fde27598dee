import { textBlocks, userBlocks } from './content.js';
import { Untranslatable } from '../../untranslatable.js';
import { isGiven, listAt, recordAt, refuseOthers, textAt, type Json } from './json-at.js';

type Turn = { readonly role: 'user' | 'assistant'; readonly content: readonly Json[] };
export type Conversation = { readonly system: readonly Json[]; readonly messages: readonly Turn[] };

const ofSpeaker = new Set(['role', 'content']);
const ofTool = new Set(['role', 'content', 'tool_call_id']);
const ofAssistant = new Set(['role', 'content', 'refusal', 'tool_calls']);
const ofToolCall = new Set(['id', 'type', 'function', 'index']);

/** OpenAI's messages: what the system says stands apart and first, and the results of tools are a user's. */
export function conversationOf(messages: unknown): Conversation {
  const system: Json[] = [];
  const turns: Turn[] = [];
  for (const [index, value] of listAt(messages, 'messages').entries()) {
    const at = `messages[${index}]`;
    const message = recordAt(value, at);
    if (message.role === 'system' || message.role === 'developer') {
      if (turns.length > 0) throw new Untranslatable(`${at}.role`, 'such messages can only stand first');
      refuseOthers(message, ofSpeaker, `${at}.`);
      system.push(...textBlocks(message.content, `${at}.content`));
    } else {
      join(turns, turnOf(message, at));
    }
  }
  return { system, messages: turns };
}

function turnOf(message: Json, at: string): Turn {
  switch (message.role) {
    case 'user':
      refuseOthers(message, ofSpeaker, `${at}.`);
      return { role: 'user', content: userBlocks(message.content, `${at}.content`) };
    case 'assistant':
      return { role: 'assistant', content: saidBefore(message, at) };
    case 'tool':
      return { role: 'user', content: [resultOf(message, at)] };
    default:
      throw new Untranslatable(`${at}.role`, 'no message is of such a role there');
  }
}

/** Turns alternate there: all results of one turn's tools, and what the user adds, are one turn. */
function join(turns: Turn[], turn: Turn): void {
  if (turn.content.length === 0) return;
  const last = turns.at(-1);
  if (last?.role !== turn.role) turns.push(turn);
  else turns[turns.length - 1] = { role: turn.role, content: [...last.content, ...turn.content] };
}

function saidBefore(message: Json, at: string): readonly Json[] {
  refuseOthers(message, ofAssistant, `${at}.`);
  const refusal = isGiven(message.refusal) ? textBlocks(message.refusal, `${at}.refusal`) : [];
  const calls = isGiven(message.tool_calls) ? listAt(message.tool_calls, `${at}.tool_calls`) : [];
  const uses = calls.map((call, index) => toolUse(recordAt(call, `${at}.tool_calls[${index}]`), at, index));
  return [...textBlocks(message.content, `${at}.content`), ...refusal, ...uses];
}

function toolUse(call: Json, message: string, index: number): Json {
  const at = `${message}.tool_calls[${index}]`;
  refuseOthers(call, ofToolCall, `${at}.`);
  if (call.type !== 'function') throw new Untranslatable(`${at}.type`, 'only functions can be called');
  const called = recordAt(call.function, `${at}.function`);
  const where = `${at}.function.arguments`;
  const [id, name] = [textAt(call.id, `${at}.id`), textAt(called.name, `${at}.function.name`)];
  return { type: 'tool_use', id, name, input: argumentsOf(textAt(called.arguments, where), where) };
}

function argumentsOf(text: string, at: string): Json {
  if (text.trim() === '') return {};
  try {
    return recordAt(JSON.parse(text), at);
  } catch {
    throw new Untranslatable(at, 'it must be an object in JSON');
  }
}

function resultOf(message: Json, at: string): Json {
  refuseOthers(message, ofTool, `${at}.`);
  const id = textAt(message.tool_call_id, `${at}.tool_call_id`);
  return { type: 'tool_result', tool_use_id: id, content: textBlocks(message.content, `${at}.content`) };
}
