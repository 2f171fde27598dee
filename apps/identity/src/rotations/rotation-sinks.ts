import { problem, type EgressGuard } from '#libs/http';
import { z } from 'zod';
import { DirectorySink } from './directory.sink.js';
import type { RotationSink } from './rotation-sink.js';
import { VaultSink } from './vault.sink.js';
import { WebhookSink } from './webhook.sink.js';

const Url = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/+$/, ''));
const Segment = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/);
/** Whose keys may go there. A sink without the list would be everybody's, so it has to be written. */
const tenants = z.array(z.string().min(1)).min(1);

const Sink = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('directory'), path: z.string().startsWith('/'), tenants }),
  z.strictObject({ type: z.literal('webhook'), url: Url, secret: z.string().min(32), tenants }),
  z.strictObject({
    type: z.literal('vault'),
    url: Url,
    token: z.string().min(1),
    mount: Segment.default('secret'),
    prefix: Segment.default('gatehouse'),
    tenants,
  }),
]);

/** `GATEHOUSE_ROTATION_SINKS`: JSON, sinks by the names that tenants use for them; `"*"` among `tenants` means all. */
export const RotationSinkSettings = z
  .string()
  .default('{}')
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'is no JSON' });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/), Sink));
export type RotationSinkSettings = z.output<typeof RotationSinkSettings>;

/** The operator's sinks by name. */
export class RotationSinks {
  private readonly byName: ReadonlyMap<string, RotationSink>;

  constructor(sinks: ReadonlyMap<string, RotationSink>) {
    this.byName = sinks;
  }

  static of(settings: RotationSinkSettings, guard: Pick<EgressGuard, 'request'>): RotationSinks {
    return new RotationSinks(new Map(Object.entries(settings).map(([name, sink]) => [name, sinkOf(sink, guard)])));
  }

  /** Undefined for one that does not exist, or that is not the tenant's to use: both look the same. */
  find(name: string, tenantId: string): RotationSink | undefined {
    const sink = this.byName.get(name);
    return sink?.takes(tenantId) ? sink : undefined;
  }

  /** @throws Problem 422 where the tenant has no such sink. */
  require(name: string, tenantId: string): void {
    if (this.find(name, tenantId)) return;
    const detail = `The operator has set up no sink "${name}" for this tenant.`;
    throw problem(422, 'api-key/sink-unknown', detail, [{ pointer: '/sink', detail }]);
  }
}

function sinkOf(sink: RotationSinkSettings[string], guard: Pick<EgressGuard, 'request'>): RotationSink {
  const takes = (tenantId: string) => sink.tenants.some((name) => name === '*' || name === tenantId);
  switch (sink.type) {
    case 'directory':
      return new DirectorySink(sink.path, takes);
    case 'webhook':
      return new WebhookSink(guard, sink, takes);
    case 'vault':
      return new VaultSink(guard, sink, takes);
  }
}
