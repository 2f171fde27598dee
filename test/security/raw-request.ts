import { connect } from 'node:net';
import { gatewayUrl } from '../system/system.js';

export type RawAnswer = { readonly status: number; readonly code: string; readonly head: string };

/** Sends exactly these bytes to the gateway: clients and parsers would tidy a hostile request up. */
export function rawRequest(line: string, headers: readonly string[], body = ''): Promise<RawAnswer> {
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  return rawMessage(line, [...length, ...headers], body);
}

/** As `rawRequest`, with no length but what the headers say, and other headers in front, the host among them, or none. */
export async function rawMessage(
  line: string,
  headers: readonly string[],
  body: string,
  first: readonly string[] = [`host: ${new URL(gatewayUrl()).host}`, 'connection: close'],
): Promise<RawAnswer> {
  const { hostname, port } = new URL(gatewayUrl());
  const socket = connect(Number(port), hostname);
  socket.setTimeout(20_000, () => socket.destroy(new Error('no answer in 20 s')));
  // Not ended: a caller that closes its side has left.
  socket.write(`${[line, ...first, ...headers].join('\r\n')}\r\n\r\n${body}`);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(text)?.[1] ?? 0);
  return { status, code: /"code":"([^"]+)"/u.exec(text)?.[1] ?? '', head: text.split('\r\n\r\n', 1)[0] ?? '' };
}
