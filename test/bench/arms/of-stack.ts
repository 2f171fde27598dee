import type { Arm } from '../arm.js';
import type { LocalJson } from '../local-stack.js';

/** What bare proxies and direct callers show the sandbox provider. */
export const PROVIDER_CREDENTIAL = 'sk-sandbox-bench';

/** The gateway with everything on. */
export function gatewayOn({ gateway, tenants, processes }: LocalJson): Arm {
  return {
    name: 'gateway on',
    url: `${gateway.url}/v1`,
    headers: { authorization: `Bearer ${tenants.acme.keys['manager']}` },
    model: 'openai-main/gpt-4',
    pid: processes['gateway'],
  };
}

/** The provider without anything between. */
export function direct({ sandbox_provider: { url } }: LocalJson): Arm {
  const headers = { authorization: `Bearer ${PROVIDER_CREDENTIAL}` };
  return { name: 'direct', url: `${url}/v1`, headers, model: 'gpt-4', pid: undefined };
}
