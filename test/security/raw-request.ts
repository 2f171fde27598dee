import { connect } from 'node:net';
import { gatewayUrl } from '../system/system.js';

export type RawAnswer = { readonly status: number; readonly code: string; readonly head: string };

/** Sends exactly these bytes to the gateway: clients and parsers would tidy a hostile request up. */
export async function rawRequest(line: string, headers: readonly string[], body = ''): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(gatewayUrl());
  const length = body === '' ? [] : [`content-length: ${Buffer.byteLength(body)}`];
  const head = [line, `host: ${host}`, 'connection: close', ...length, ...headers].join('\r\n');
  const socket = connect(Number(port), hostname);
  socket.setTimeout(20_000, () => socket.destroy(new Error('no answer in 20 s')));
  // Not ended: a caller that closes its side has left.
  socket.write(`${head}\r\n\r\n${body}`);
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  const status = Number(/^HTTP\/1\.1 (\d{3})/u.exec(text)?.[1] ?? 0);
  return { status, code: /"code":"([^"]+)"/u.exec(text)?.[1] ?? '', head: text.split('\r\n\r\n', 1)[0] ?? '' };
}
