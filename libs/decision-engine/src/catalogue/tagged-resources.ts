import type { PolicyDocument } from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';
import type { PersistentMap } from '../persistent/persistent-map.js';
import type { Resource } from '../request.js';

const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

/** What one set says of its prompts, routes and MCP servers, by `<type>:<name>`. */
export type TaggedOfSet = PersistentMap<ResourceView>;

/** The resource that a document describes; undefined for a document that describes none. */
export function taggedBy({ kind, metadata }: PolicyDocument): ResourceView | undefined {
  const type = kind === 'Prompt' ? 'prompt' : kind === 'Route' ? 'route' : kind === 'McpServer' ? 'mcp-server' : null;
  if (!type) return undefined;
  const { name, tenant, labels } = metadata;
  const tags = Object.freeze({ ...metadata.tags });
  const rest = { provider: undefined, types: undefined, owner: labels?.['owner'], team: labels?.['team'] };
  return Object.freeze({ type, path: name, name, tenant, tags, ...rest });
}

/** Tags of prompts, routes and MCP servers, so that retagging a document changes decisions about what it describes. */
export class TaggedResources {
  constructor(
    private readonly own: TaggedOfSet,
    private readonly platform: TaggedOfSet,
  ) {}

  /** The resource with the attributes of its document where there is one, else with those of the request. */
  view(resource: Resource, tenant: string): ResourceView {
    const known = this.describing(resource);
    if (known && known.path === resource.path) return known;
    return {
      type: resource.type,
      path: resource.path,
      tenant: resource.tenant ?? known?.tenant ?? tenant,
      name: resource.name ?? resource.path,
      provider: resource.provider,
      types: resource.types,
      tags: known?.tags ?? resource.tags ?? NO_TAGS,
      owner: resource.owner,
      team: resource.team,
    };
  }

  /** A tool and a resource of an MCP server carry the server's tags. */
  private describing({ type, path }: Resource): ResourceView | undefined {
    switch (type) {
      case 'prompt':
      case 'route':
      case 'mcp-server':
        return this.find(`${type}:${path}`);
      case 'tool':
      case 'mcp-resource': {
        const slash = path.indexOf('/');
        return slash > 0 ? this.find(`mcp-server:${path.slice(0, slash)}`) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** A tenant's own hides the platform's of the same name. */
  private find(key: string): ResourceView | undefined {
    return this.own.get(key) ?? this.platform.get(key);
  }
}
