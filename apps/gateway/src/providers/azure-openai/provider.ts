import { openAiEndpoints } from '../openai-compatible/provider.js';
import type { Endpoint, ModelAddress, Provider } from '../provider.js';

/** Responses name their model in the body alone, and variations are of a model that Azure has not. */
const ofNoDeployment = new Set(['responses', 'images.variations']);
const ofDeployments = new Set(
  Object.entries(openAiEndpoints).flatMap(([id, { path }]) => (ofNoDeployment.has(id) ? [] : [path])),
);

/**
 * OpenAI's models at Azure. With an `apiVersion` each is a deployment with a path of its own, below
 * `https://<resource>.openai.azure.com/openai`; without one, below `…/openai/v1`, the paths are OpenAI's.
 */
export const azureOpenAi: Provider = {
  name: 'azure.ai.openai',
  endpoints: openAiEndpoints,
  pathOf,
  headers: (credential) => [...(credential === undefined ? [] : ['api-key', credential]), 'user-agent', 'gatehouse'],
};

function pathOf({ path }: Endpoint, { upstreamModel, apiVersion }: ModelAddress): string | undefined {
  if (apiVersion === undefined) return path;
  // Dots alone would lead out of the deployments.
  if (/^\.+$/u.test(upstreamModel) || !ofDeployments.has(path)) return undefined;
  return `/deployments/${encodeURIComponent(upstreamModel)}${path}?api-version=${apiVersion}`;
}
