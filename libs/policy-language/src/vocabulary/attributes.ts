/** `instant` is a point in time, `address` an IP address; the others are what JSON calls them. */
export type AttributeType = 'string' | 'strings' | 'number' | 'address' | 'instant';

/** What conditions may read. A name that ends in `.*` stands for any key below it, all of them strings. */
export const attributes = {
  'principal.id': 'string',
  'principal.kind': 'string',
  'principal.tenant': 'string',
  'principal.teams': 'strings',
  'principal.groups': 'strings',
  'principal.labels.*': 'string',
  'resource.name': 'string',
  'resource.provider': 'string',
  'resource.types': 'strings',
  'resource.tags.*': 'string',
  'resource.owner': 'string',
  'resource.team': 'string',
  'resource.tenant': 'string',
  'request.operation': 'string',
  'request.metadata.*': 'string',
  'request.ip': 'address',
  'request.time': 'instant',
  'credential.kind': 'string',
  'credential.labels.*': 'string',
  'credential.ageDays': 'number',
} as const satisfies Record<string, AttributeType>;

/** The declared name of an attribute: `resource.tags.*` for `resource.tags.env`. */
export type AttributeName = keyof typeof attributes;

/** An attribute as a condition names it, taken apart. `key` is what stands for the `*`. */
export type AttributeReference = { readonly name: AttributeName; readonly type: AttributeType; readonly key?: string };

const KEY = /^[A-Za-z0-9_.-]{1,63}$/;

/** Takes `resource.tags.env` apart; undefined when no such attribute is declared. */
export function readAttribute(text: string): AttributeReference | undefined {
  if (Object.hasOwn(attributes, text) && !text.endsWith('.*')) {
    const name = text as AttributeName;
    return { name, type: attributes[name] };
  }
  const [, parent, key] = /^([a-z]+\.[a-z]+)\.(.+)$/s.exec(text) ?? [];
  const name = `${parent}.*`;
  if (!key || !KEY.test(key) || !Object.hasOwn(attributes, name)) return undefined;
  return { name: name as AttributeName, type: attributes[name as AttributeName], key };
}
