// Arm U: the least a Node proxy can do. node:http in front, undici's dispatch behind, nothing in between.
import { createServer } from 'node:http';
import { Pool, type Dispatcher } from 'undici';

const [port, origin, credential] = process.argv.slice(2);
const upstream = new Pool(String(origin), { connections: 64, pipelining: 1 });

createServer((request, response) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${credential}` };
  const length = request.headers['content-length'];
  upstream.dispatch(
    {
      path: String(request.url),
      method: request.method as Dispatcher.HttpMethod,
      headers: length ? { ...headers, 'content-length': length } : headers,
      body: request,
    },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, answerHeaders) =>
        void response.writeHead(status, contentHeaders(answerHeaders)),
      onResponseData: (_controller, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    },
  );
}).listen(Number(port), '127.0.0.1');

function contentHeaders(headers: Record<string, string | string[] | undefined>) {
  const kept: Record<string, string> = {};
  for (const name of ['content-type', 'content-length']) {
    const value = headers[name];
    if (typeof value === 'string') kept[name] = value;
  }
  return kept;
}
