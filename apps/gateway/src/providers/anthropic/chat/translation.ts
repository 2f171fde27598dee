import type { Translation } from '../../translation.js';
import { chatCompletion } from './answer.js';
import { ChatChunks } from './chunks.js';
import { chatError } from './error.js';
import { messageRequest } from './request.js';

/** OpenAI's chat completions, spoken to an upstream that knows Anthropic's messages. */
export const chatByMessages: Translation = {
  request: messageRequest,
  answer: chatCompletion,
  error: chatError,
  stream: (wantsUsage, createdSeconds) => new ChatChunks(wantsUsage, createdSeconds),
};
