import { nodeFlags } from '../parts/node-flags.js';
import { servicePart } from '../parts/service.part.js';
import { serviceEnvironment, type Service } from '../parts/service-environment.js';
import type { Part } from '../process/part.js';
import { checkout } from './checkout.js';
import type { Plan } from './plan.js';
import type { StackHome } from './stack-home.js';
import type { StackOptions } from './stack-options.js';

/** The services' parts: identity, policy and audit once, the gateway as often as it has ports. */
export function serviceParts(home: StackHome, { ports, secrets, stores }: Plan, options: StackOptions) {
  const around = {
    secrets,
    ...stores,
    clockOffsetSeconds: options.clockOffsetSeconds ?? 0,
    extra: options.serviceEnv ?? {},
  };
  const of = (service: Service, port: number, number: number): { service: Service; part: Part } => {
    const replica = `${service}-${number}`;
    const folder = home.path('services', replica);
    const env = {
      ...serviceEnvironment(service, { replica, port, folder }, around),
      ...options.replicaEnv?.[replica],
    };
    const entry = options.entries?.[service] ?? `apps/${service}/src/main.js`;
    const flags = nodeFlags(checkout, service);
    // The first replica goes by the service's name, as local.json has it.
    return {
      service,
      part: servicePart({ checkout, name: number === 1 ? service : replica, entry, port, folder, env, flags }),
    };
  };
  return [
    of('identity', ports.identity, 1),
    of('policy', ports.policy, 1),
    of('audit', ports.audit, 1),
    ...ports.gateways.map((port, index) => of('gateway', port, index + 1)),
  ];
}
