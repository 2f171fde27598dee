import { bundlePart } from './bundle.part.js';
import { catalogue } from './catalogue.part.js';
import { operator } from './operator.part.js';
import { seederOf, type DemoPart } from './seeder.js';
import { tenants } from './tenants.part.js';

/** The demo, one entry for each kind of content; a new kind joins at the end. */
const demoParts: readonly DemoPart[] = [
  operator,
  tenants,
  catalogue,
  bundlePart('key-policies', 'acme/key-policies.yaml'),
  bundlePart('limits', 'acme/limits.yaml'),
  bundlePart('mcp-server', 'acme/mcp-server.yaml'),
  bundlePart('route', 'acme/route.yaml'),
  bundlePart('prompt', 'acme/prompt.yaml'),
];

export const seedDemo = seederOf(demoParts);
