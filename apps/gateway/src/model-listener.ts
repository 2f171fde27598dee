import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Pipeline } from './pipeline/pipeline.js';
import { isModelTarget } from './routes/match-route.js';

/**
 * Puts the pipeline in front of the framework: what is not one of the public routes never gets there, so that no router,
 * hook or parser of it takes part in a call, or costs it anything.
 */
export function listenForModels(server: Server, pipeline: Pick<Pipeline, 'handle'>, isClosing: () => boolean): void {
  const framework = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    // A connection that is kept alive would keep a closing server.
    if (isClosing()) response.shouldKeepAlive = false;
    if (isModelTarget(request.url ?? '')) void pipeline.handle(request, response);
    else for (const listener of framework) listener.call(server, request as never, response as never);
  };
  server.on('request', serve);
  // Who asks before it sends a body is not invited to by Node, but where the body is read: a refusal comes before it.
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!isModelTarget(request.url ?? '')) response.writeContinue();
    serve(request, response);
  });
}
