import { engineRequest } from '#libs/access';
import { listModels } from '#libs/decision-engine';
import { modelList, modelObject } from '../openai/model-list.js';
import { readHeaderMetadata } from '../metadata/header-metadata.js';
import { labelledMetadata } from '../metadata/labelled-metadata.js';
import { answerHeadersOf } from '../refusals/gateway-headers.js';
import { Refusal } from '../refusals/refusal.js';
import { freshStep } from './authorise.step.js';
import { advance, type Authenticated, type Governed, type StepAnswer } from './exchange.js';
import type { GatewayParts } from './gateway-parts.js';

export type Listed = Authenticated & Governed & { readonly listing: object };

/** The models that this caller may both list and invoke; or the one that it asked for, if it is among them. */
export function listStep({ feed }: Pick<GatewayParts, 'feed'>, state: Authenticated & Governed): StepAnswer<Listed> {
  const { caller, snapshot, route, pathModel, ip, atMs } = state;
  const said = readHeaderMetadata(state.request);
  if (said instanceof Refusal) return said;
  const { metadata } = advance(state, labelledMetadata(caller, said));
  const circumstances = { operation: route.operation, ip, timeMs: atMs, metadata };
  const { principal, credential, request } = engineRequest(
    caller,
    route.action,
    { type: 'model', path: pathModel ?? '*' },
    circumstances,
  );
  const models = listModels(snapshot, { principal, credential, request });
  const staleMs = freshStep({ feed }, state);
  if (staleMs instanceof Refusal) return staleMs;
  const known = advance(state, { staleMs });
  if (pathModel === null) return advance(known, { listing: modelList(models) });
  const found = models.find(({ name }) => name === pathModel);
  if (found) return advance(known, { listing: modelObject(found) });
  return new Refusal('not_found', 'no_matching_rule', 'The model does not exist or this credential may not use it.');
}

/** Answers from memory; nothing is called upstream. */
export function answerListing(state: Listed): void {
  const body = JSON.stringify(state.listing);
  const length = String(Buffer.byteLength(body));
  const own = ['content-type', 'application/json', 'content-length', length, 'cache-control', 'no-store'];
  state.response.writeHead(200, [...answerHeadersOf(state, state.decisionId), ...own]);
  state.response.end(body);
}
