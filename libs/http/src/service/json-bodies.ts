import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { nameTwiceIn } from '../json/name-twice.js';
import { pointerTo } from '../json/pointer.js';
import { PATH_PARTS_MAX, refusal } from '../problems/problem.js';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * JSON bodies have one reading: what is not UTF-8, or has a name twice in one object, is refused. Members of any name
 * reach who validates them, also those that the framework's own parser drops.
 */
export function acceptJson(app: NestFastifyApplication, bytesMax: number): void {
  app.useBodyParser('application/json', { bodyLimit: bytesMax }, (_request, body, done) => {
    try {
      done(null, parseBody(body));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseBody(body: Buffer): unknown {
  let value: unknown;
  let text: string;
  try {
    text = utf8.decode(body);
    value = JSON.parse(text);
  } catch {
    throw refusal('invalid_json', 'The body is not valid JSON.');
  }
  const twice = nameTwiceIn(text);
  if (!twice) return value;
  const errors = [{ pointer: pointerTo(twice.slice(0, PATH_PARTS_MAX)), detail: 'This name stands twice.' }];
  throw refusal('ambiguous_body', 'The body has a name twice in one object.', { errors });
}
