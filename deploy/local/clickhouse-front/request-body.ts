import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { exceptionCodes, FrontException } from './http-exception.js';

/** Largest body, before and after unpacking: an insert of some hundred thousand rows. */
export const BODY_BYTES_MAX = 256 * 1024 * 1024;

const unpackers = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** Reads a whole body into memory; longer ones are refused without being read to their end. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  const body = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity' || bytes === 0) return body;
  const unpack = unpackers.get(encoding);
  if (!unpack) {
    const shown = JSON.stringify(encoding.slice(0, 40));
    throw new FrontException(exceptionCodes.badArguments, `Unknown content encoding ${shown}.`, 'BAD_ARGUMENTS');
  }
  return unpack(body, { maxOutputLength: BODY_BYTES_MAX }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new FrontException(exceptionCodes.badArguments, `The body is not ${encoding}.`, 'BAD_ARGUMENTS');
  });
}

function tooLarge(): FrontException {
  return new FrontException(
    exceptionCodes.queryIsTooLarge,
    `The body is above ${BODY_BYTES_MAX} bytes.`,
    'QUERY_IS_TOO_LARGE',
  );
}
