import { Access, type Caller } from '#libs/access';
import { problem } from '#libs/http';
import { readDocument, type DocumentOf } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { TenantScope } from '../apply/tenant-scope.js';
import { DocumentHistory } from '../documents/document-history.adapter.js';
import { KindDocuments } from '../documents/kind-documents.js';
import { PRODUCTION } from '../promotions/second-person.js';
import { PromptHistory, type PromptVersion } from './prompt-history.adapter.js';

type Asked = {
  readonly name: string;
  readonly version: number;
  readonly tenant?: string | undefined;
  /** Of the prompt in force; undefined for whatever is. */
  readonly expected: number | undefined;
  readonly reason?: string | undefined;
};

/** Puts one version of a prompt into production: the document that it is, under that environment, by the one way in. */
@Injectable()
export class PromptPromotion {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly documents: KindDocuments,
    private readonly history: DocumentHistory,
    private readonly prompts: PromptHistory,
  ) {}

  /** A platform's prompt is promoted in the platform's policy. */
  async promote(caller: Caller, { name, version, tenant, expected, reason }: Asked) {
    const tenantId = this.scope.of(caller, 'prompt:promote', tenant);
    const resource = { type: 'prompt', path: name, tenant: tenantId };
    const inForce = await this.history.find(tenantId, 'Prompt', name);
    if (!inForce) throw this.access.notFound(caller, 'prompt:promote', resource);
    const found = await this.prompts.find(tenantId, name, version);
    if (!found) {
      this.access.require(caller, 'prompt:promote', resource);
      throw versionNotFound();
    }
    const { metadata, spec } = promptOf(found);
    const content = { tags: { ...metadata.tags, env: PRODUCTION }, labels: metadata.labels, spec };
    const named = { kind: 'Prompt', name, tenant } as const;
    return this.documents.put(caller, named, expected, content, { isPromotion: true, reason });
  }
}

export const promptOf = ({ document }: Pick<PromptVersion, 'document'>) =>
  readDocument(document) as DocumentOf<'Prompt'>;

export const versionNotFound = () => problem(404, 'prompt/version-not-found', 'The prompt has no such version.');
