import { isRecord } from '../../token-count.js';
import type { StreamTranslation } from '../../translation.js';
import { chatError } from './error.js';
import { finishReason } from './finish-reason.js';
import type { Json } from './json-at.js';
import { completionUsage } from './usage-form.js';

const done = '[DONE]';

/** Anthropic's events as OpenAI's chunks, one by one. What never came to `message_stop` gets no `[DONE]`. */
export class ChatChunks implements StreamTranslation {
  private head: Json = {};
  private usage: Json = {};
  private reason: unknown;
  /** Of each block that is a tool's use: which of the calls it is, and whether it has said any arguments. */
  private readonly calls = new Map<unknown, { readonly index: number; hasArguments: boolean }>();
  private isOver = false;

  constructor(
    private readonly wantsUsage: boolean,
    private readonly createdSeconds: number,
  ) {}

  push(event: Json): readonly string[] {
    if (this.isOver) return [];
    switch (event.type) {
      case 'message_start':
        return this.begin(isRecord(event.message) ? event.message : {});
      case 'content_block_start':
        return this.beginBlock(event.index, isRecord(event.content_block) ? event.content_block : {});
      case 'content_block_delta':
        return this.goOn(event.index, isRecord(event.delta) ? event.delta : {});
      case 'content_block_stop':
        return this.endBlock(event.index);
      case 'message_delta':
        return this.conclude(event);
      case 'message_stop':
        return this.end();
      case 'error':
        this.isOver = true;
        return [JSON.stringify(chatError(event))];
      default:
        return [];
    }
  }

  private begin({ id, model, usage }: Json): readonly string[] {
    this.head = { id, object: 'chat.completion.chunk', created: this.createdSeconds, model };
    if (isRecord(usage)) this.usage = usage;
    return [this.chunk({ role: 'assistant', content: '' })];
  }

  private beginBlock(index: unknown, { type, id, name, text }: Json): readonly string[] {
    if (type === 'text') return text ? [this.chunk({ content: text })] : [];
    if (type !== 'tool_use') return [];
    const call = { index: this.calls.size, hasArguments: false };
    this.calls.set(index, call);
    return [this.callChunk({ index: call.index, id, type: 'function', function: { name, arguments: '' } })];
  }

  private goOn(index: unknown, delta: Json): readonly string[] {
    if (delta.type === 'text_delta') return [this.chunk({ content: delta.text })];
    const call = this.calls.get(index);
    if (delta.type !== 'input_json_delta' || call === undefined || !delta.partial_json) return [];
    call.hasArguments = true;
    return [this.callChunk({ index: call.index, function: { arguments: delta.partial_json } })];
  }

  /** A call without arguments is one with none: readers parse them as JSON. */
  private endBlock(index: unknown): readonly string[] {
    const call = this.calls.get(index);
    return call && !call.hasArguments ? [this.callChunk({ index: call.index, function: { arguments: '{}' } })] : [];
  }

  /** Usage of the whole stands here, except for what an upstream does not repeat. */
  private conclude({ delta, usage }: Json): readonly string[] {
    if (isRecord(delta)) this.reason = delta.stop_reason ?? this.reason;
    if (isRecord(usage)) {
      const told = Object.entries(usage).filter(([, value]) => value !== null);
      this.usage = { ...this.usage, ...Object.fromEntries(told) };
    }
    return [];
  }

  private end(): readonly string[] {
    this.isOver = true;
    const last = this.chunk({}, finishReason(this.reason));
    const usage = this.wantsUsage ? completionUsage(this.usage) : undefined;
    return usage ? [last, JSON.stringify({ ...this.head, choices: [], usage }), done] : [last, done];
  }

  private callChunk(call: Json): string {
    return this.chunk({ tool_calls: [call] });
  }

  private chunk(delta: Json, reason: string | null = null): string {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: reason }];
    return JSON.stringify({ ...this.head, choices, ...(this.wantsUsage && { usage: null }) });
  }
}
