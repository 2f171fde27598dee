import type { ServerResponse } from 'node:http';
import { sendJson } from '../answer.js';
import { callTool, tools } from './mcp-tools.js';

type JsonRpc = { id?: unknown; method?: unknown; params?: Record<string, unknown> };

const protocolVersion = '2025-06-18';
const methodNotFound = -32_601;
const invalidRequest = -32_600;

/** The MCP endpoint, streamable HTTP without sessions: each POST is one message, answered in plain JSON. */
export function mcp(method: string, body: Buffer, response: ServerResponse): void {
  // This server starts no stream of its own and holds no session to end.
  if (method !== 'POST') return sendJson(response, 405, { error: 'method not allowed' });
  const message = parse(body);
  if (!message || typeof message.method !== 'string') {
    return sendJson(response, 400, failure(null, invalidRequest, 'not a JSON-RPC message'));
  }
  if (message.id === undefined) {
    response.writeHead(202).end();
    return undefined;
  }
  return sendJson(response, 200, answer(message.id, message.method, message.params ?? {}));
}

function answer(id: unknown, method: string, params: Record<string, unknown>) {
  switch (method) {
    case 'initialize': {
      const serverInfo = { name: 'sandbox-tools', version: '1.0.0' };
      return success(id, { protocolVersion, capabilities: { tools: {} }, serverInfo });
    }
    case 'ping':
      return success(id, {});
    case 'tools/list':
      return success(id, { tools });
    case 'tools/call':
      return success(id, callTool(params.name, params.arguments));
    default:
      return failure(id, methodNotFound, `unknown method ${method}`);
  }
}

function parse(body: Buffer): JsonRpc | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const success = (id: unknown, result: unknown) => ({ jsonrpc: '2.0', id, result });
const failure = (id: unknown, code: number, message: string) => ({ jsonrpc: '2.0', id, error: { code, message } });
