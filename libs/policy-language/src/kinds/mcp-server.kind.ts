import { z } from 'zod';
import { defineKind } from './kind.js';
import { Credential, UpstreamUrl } from './upstream.js';

/** An MCP server whose tools are governed as `tool:<server>/<tool>`. */
export const McpServer = defineKind({
  kind: 'McpServer',
  plural: 'mcp-servers',
  sentence: 'An MCP server whose tools and resources are governed.',
  applyAction: 'policy:apply',
  tagged: true,
  spec: z.strictObject({
    url: UpstreamUrl,
    transport: z.enum(['streamable-http', 'sse']),
    credential: Credential.optional(),
  }),
});
