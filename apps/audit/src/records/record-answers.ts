import { z } from 'zod';

const Row = z.looseObject({
  decision_id: z.string(),
  tenant_id: z.string(),
  at: z.string(),
  kafka_offset: z.number(),
  kafka_index: z.number(),
});

/** A row of `calls`, every column under its name. */
export const ShownCall = Row.extend({ object: z.literal('call') }).meta({ id: 'Call' });

/** A row of `decisions`, every column under its name. */
export const ShownDecision = Row.extend({ object: z.literal('decision') }).meta({ id: 'Decision' });

/** With how its call ended; null where none was made, or while it runs. */
export const DecisionWithCall = z.looseObject({ ...ShownDecision.shape, call: ShownCall.nullable() });
