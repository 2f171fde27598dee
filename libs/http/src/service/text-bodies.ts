import type { FastifyInstance } from 'fastify';

const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** YAML bodies reach handlers as text, at most `bytesMax` long; text that is not UTF-8 is refused, not repaired. */
export function acceptYaml(server: FastifyInstance, bytesMax: number): void {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  server.addContentTypeParser(YAML_TYPES, { parseAs: 'buffer', bodyLimit: bytesMax }, (_request, body, done) => {
    try {
      done(null, decoder.decode(body as Buffer));
    } catch {
      done(Object.assign(new Error('The body is not UTF-8.'), { statusCode: 400 }));
    }
  });
}
