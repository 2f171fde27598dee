import type { PolicyDocument } from '#libs/policy-language';
import type { ResourceView } from '../conditions/resource-view.js';
import type { Resource } from '../request.js';

const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

/** Tags of prompts, routes and MCP servers, so that retagging a document changes decisions about what it describes. */
export class TaggedResources {
  private readonly views = new Map<string, ResourceView>();

  constructor(documents: readonly PolicyDocument[]) {
    for (const { kind, metadata } of documents) {
      const type =
        kind === 'Prompt' ? 'prompt' : kind === 'Route' ? 'route' : kind === 'McpServer' ? 'mcp-server' : null;
      if (!type) continue;
      const { name, tenant, labels } = metadata;
      const tags = Object.freeze({ ...metadata.tags });
      const rest = { provider: undefined, types: undefined, owner: labels?.['owner'], team: labels?.['team'] };
      this.views.set(`${type}:${name}`, Object.freeze({ type, path: name, name, tenant, tags, ...rest }));
    }
  }

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
        return this.views.get(`${type}:${path}`);
      case 'tool':
      case 'mcp-resource': {
        const slash = path.indexOf('/');
        return slash > 0 ? this.views.get(`mcp-server:${path.slice(0, slash)}`) : undefined;
      }
      default:
        return undefined;
    }
  }
}
