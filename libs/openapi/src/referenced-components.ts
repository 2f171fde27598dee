/** What every document refers to: who may ask, and the headers that all services have in common. */
export const referencedComponents = {
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description:
        'An API key or an access token. The names beside it are the actions that the route authorises, each for the thing that it resolves.',
    },
  },
  parameters: {
    IfMatch: {
      name: 'If-Match',
      in: 'header',
      required: true,
      description: 'The ETag that was read, or * for any version.',
      schema: { type: 'string' },
      example: '"3"',
    },
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'The same request again under one key answers what it answered, and does nothing.',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
    MinPosition: {
      name: 'gatehouse-min-position',
      in: 'header',
      description: 'What the answer must have seen: `gatehouse-position` of an earlier write.',
      schema: { type: 'string', pattern: '^(identity|policy):\\d{1,15}$' },
      example: 'identity:1042',
    },
  },
  headers: {
    RequestId: { description: 'Names the request in logs.', schema: { type: 'string' } },
    DecisionId: {
      description: 'The record of the decision about this request.',
      schema: { type: 'string', format: 'uuid' },
    },
  },
};
