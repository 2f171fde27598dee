import type { ServerResponse } from 'node:http';
import { sendJson } from '../answer.js';
import { ModelBehaviour, type ModelBehaviours } from './model-behaviour.js';
import type { RequestLog } from './request-log.js';

const models = '/_control/models/';

/** Tests steer the provider and read what reached it. Not part of any provider's API; local use only. */
export function control(
  behaviours: ModelBehaviours,
  log: RequestLog,
  { method, path, body }: { method: string; path: string; body: Buffer },
  response: ServerResponse,
): void {
  if (path === '/_control/requests') {
    if (method === 'GET') return sendJson(response, 200, log.list());
    if (method === 'DELETE') {
      log.clear();
      return sendJson(response, 200, { cleared: true });
    }
  }
  if (path === '/_control/models' && method === 'DELETE') {
    behaviours.reset();
    return sendJson(response, 200, { reset: true });
  }
  if (path.startsWith(models) && path.length > models.length) {
    const model = decodeURIComponent(path.slice(models.length));
    if (method === 'PUT') return put(behaviours, model, body, response);
    if (method === 'DELETE') {
      behaviours.reset(model);
      return sendJson(response, 200, { model, reset: true });
    }
  }
  return sendJson(response, 404, { error: { message: 'no such control', code: 'not_found' } });
}

function put(behaviours: ModelBehaviours, model: string, body: Buffer, response: ServerResponse): void {
  try {
    const behaviour = ModelBehaviour.parse(JSON.parse(body.toString() || '{}'));
    behaviours.put(model, behaviour);
    sendJson(response, 200, { model, ...behaviour });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'unreadable';
    sendJson(response, 400, { error: { message, code: 'invalid_behaviour' } });
  }
}
