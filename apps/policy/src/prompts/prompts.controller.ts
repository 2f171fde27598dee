import { Access, CallerParam, Requires, type Caller } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { answer, IfMatch, numberIn, page, pageQuery, problem } from '#libs/http';
import { Answers, listOf } from '#libs/openapi';
import { renderPrompt } from '#libs/policy-language';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { appliedAnswers } from '../apply/apply-answers.js';
import { TenantScope } from '../apply/tenant-scope.js';
import { DocumentHistory, type StoredDocument } from '../documents/document-history.adapter.js';
import { ShownPromptVersion, ShownRenderedPrompt } from './prompt-answers.js';
import { PromptHistory, type PromptVersion } from './prompt-history.adapter.js';
import { promptOf, PromptPromotion, versionNotFound } from './prompt-promotion.js';

const tenant = z.string().min(1).max(63).optional();
const environment = z.string().min(1).max(128).optional();
const ListQuery = z.strictObject({ ...pageQuery, tenant, environment });
type ListQuery = z.output<typeof ListQuery>;
const OneQuery = z.strictObject({ tenant });
type OneQuery = z.output<typeof OneQuery>;
const VersionNumber = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'a version is a number')
  .transform(Number);
const RenderBody = z.strictObject({
  /** The newest version of an environment; the one in force, unless this or a version is given. */
  environment,
  version: z.int().min(1).optional(),
  variables: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
});
type RenderBody = z.output<typeof RenderBody>;
const PromoteBody = z.strictObject({ reason: z.string().min(1).max(200).optional() }).prefault({});
type PromoteBody = z.output<typeof PromoteBody>;

/** The versions of prompts, and what applications make of them. Writing them is `v1/prompts/{name}` and apply. */
@Controller('v1/prompts/:name')
export class PromptsController {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly history: DocumentHistory,
    private readonly versions: PromptHistory,
    private readonly promotion: PromptPromotion,
  ) {}

  /** Newest first; `environment` gives those of one, of which the first is the one that is served there. */
  @Get('versions')
  @Requires('prompt:read')
  @Answers('Lists the versions of a prompt, newest first.', { 200: listOf(ShownPromptVersion) })
  async list(
    @CallerParam() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: ListQuery }) { limit, after, ...query }: ListQuery,
  ) {
    const { tenantId, revision } = await this.find(caller, name, query.tenant);
    const below = after === undefined ? undefined : numberIn(after);
    const bounds = { limit: limit + 1, environment: query.environment, ...(below !== undefined && { below }) };
    const rows = await this.versions.page(tenantId, name, bounds);
    return answer(
      page(rows, limit, ({ version }) => [version], shown),
      { version: revision },
    );
  }

  @Get('versions/:version')
  @Requires('prompt:read')
  @Answers('Shows a version of a prompt.', { 200: ShownPromptVersion })
  async get(
    @CallerParam() caller: Caller,
    @Param('name') name: string,
    @Param('version', { schema: VersionNumber }) version: number,
    @Query({ schema: OneQuery }) query: OneQuery,
  ) {
    const { tenantId, revision } = await this.find(caller, name, query.tenant);
    return answer(shown(await this.version(tenantId, name, { version })), { version: revision });
  }

  /** By a second person, at the ETag of the prompt: as setting it with `env: production`. */
  @Post('versions/:version/promote')
  @HttpCode(200)
  @Requires('prompt:promote')
  @Answers('Puts a version of a prompt into production.', appliedAnswers, { problems: [422] })
  promote(
    @CallerParam() caller: Caller,
    @Param('name') name: string,
    @Param('version', { schema: VersionNumber }) version: number,
    @Query({ schema: OneQuery }) query: OneQuery,
    @IfMatch() expected: number | undefined,
    @Body({ schema: PromoteBody }) body: PromoteBody,
  ) {
    return this.promotion.promote(caller, { name, version, expected, ...query, ...body });
  }

  /** The messages of one version with values put in. Changes nothing. */
  @Post('render')
  @HttpCode(200)
  @Requires('prompt:read')
  @Answers('Puts values into a version of a prompt.', { 200: ShownRenderedPrompt }, { problems: [422] })
  async render(
    @CallerParam() caller: Caller,
    @Param('name') name: string,
    @Query({ schema: OneQuery }) query: OneQuery,
    @Body({ schema: RenderBody }) { variables, ...wanted }: RenderBody,
  ) {
    const { tenantId } = await this.find(caller, name, query.tenant);
    const found = await this.version(tenantId, name, wanted);
    const rendered = renderPrompt(promptOf(found).spec, variables);
    if (!rendered.ok) {
      const errors = rendered.mistakes.map((mistake) => {
        return { pointer: `/variables${mistake.name && `/${mistake.name}`}`, detail: mistake.detail };
      });
      throw problem(422, 'prompt/invalid', 'These variables are not those of the prompt.', errors);
    }
    const { version, digest } = found;
    return { object: 'rendered_prompt', name, tenant: tenantId, version, digest, messages: rendered.messages };
  }

  /** The prompt of that name that is in force for the caller; asked before anything of it is told. */
  private async find(caller: Caller, name: string, named: string | undefined): Promise<StoredDocument> {
    const tenantId = this.scope.of(caller, 'prompt:read', named);
    const resource = { type: 'prompt', path: name, tenant: tenantId };
    const own = await this.history.find(tenantId, 'Prompt', name);
    const found = own ?? (await this.history.find(PLATFORM_TENANT, 'Prompt', name));
    if (!found) throw this.access.notFound(caller, 'prompt:read', resource);
    this.access.require(caller, 'prompt:read', resource);
    return found;
  }

  private async version(
    tenantId: string,
    name: string,
    wanted: { version?: number | undefined; environment?: string | undefined },
  ): Promise<PromptVersion> {
    const { version, environment: of } = wanted;
    if (version !== undefined && of !== undefined) {
      throw problem(400, 'invalid_request', 'Name a version or an environment, not both.');
    }
    const found =
      version === undefined
        ? (await this.versions.page(tenantId, name, { limit: 1, environment: of }))[0]
        : await this.versions.find(tenantId, name, version);
    if (!found) throw versionNotFound();
    return found;
  }
}

function shown(found: PromptVersion) {
  const { version, revision, author, promoter, at, digest, isInForce, isKept } = found;
  const { metadata, spec } = promptOf(found);
  return {
    object: 'prompt_version',
    name: metadata.name,
    tenant: metadata.tenant,
    version,
    revision,
    environment: metadata.tags?.['env'] ?? null,
    state: isKept ? 'promoted' : promoter === null ? 'draft' : 'retired',
    in_force: isInForce,
    author,
    promoter,
    created_at: at,
    digest,
    spec,
  };
}
