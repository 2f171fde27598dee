import { Access, type AccessResource, type Caller } from '#libs/access';
import { PLATFORM_TENANT } from '#libs/contracts';
import { answer, decodeCursor, page, problem } from '#libs/http';
import { actions, API_VERSION, kinds, type Kind } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import { shownApplied } from '../apply/apply.controller.js';
import { ApplyPolicy } from '../apply/apply-policy.js';
import { applying } from '../apply/applying.js';
import { jsonText } from '../apply/body-files.js';
import type { Standing } from '../apply/standing.adapter.js';
import { TenantScope } from '../apply/tenant-scope.js';
import { BundleIntake } from '../drafting/bundle-intake.js';
import { Drafting } from '../drafting/drafting.js';
import { deletionOf } from '../drafting/wanted-change.js';
import { DocumentHistory } from './document-history.adapter.js';
import { DocumentView } from './document-view.js';
import { readActions } from './read-actions.js';

type ListAsked = { readonly limit: number; readonly after?: string | undefined; readonly tenant?: string | undefined };
/** One document, of the caller's tenant unless an operator names another. */
export type Named = { readonly kind: Kind; readonly name: string; readonly tenant?: string | undefined };
type Content = {
  readonly tags?: Readonly<Record<string, string>> | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly spec: Readonly<Record<string, unknown>>;
};

/** What the routes of every kind do. */
@Injectable()
export class KindDocuments {
  constructor(
    private readonly access: Access,
    private readonly scope: TenantScope,
    private readonly history: DocumentHistory,
    private readonly view: DocumentView,
    private readonly policy: ApplyPolicy,
    private readonly drafting: Drafting,
    private readonly intake: BundleIntake,
  ) {}

  /** The tenant's own documents, then those of the platform, which hold in it too. */
  async list(caller: Caller, kind: Kind, { limit, after, tenant }: ListAsked) {
    const tenantId = this.scope.of(caller, readActions[kind], tenant);
    const [of, name = ''] = after === undefined ? [tenantId] : decodeCursor(after, 2).map(String);
    const own = of === tenantId ? await this.history.page(tenantId, kind, name, limit + 1) : [];
    const isShared = tenantId !== PLATFORM_TENANT && own.length <= limit;
    const from = of === PLATFORM_TENANT ? name : '';
    const platform = isShared ? await this.history.page(PLATFORM_TENANT, kind, from, limit + 1 - own.length) : [];
    const rows = page(
      [...own, ...platform],
      limit,
      (row) => [row.tenantId, row.name],
      (row) => row,
    );
    const visible = this.access.visible(caller, readActions[kind], rows.data, (row) =>
      reading({ kind, name: row.name }, tenantId),
    );
    return { ...rows, data: await Promise.all(visible.map((row) => this.view.shown(row))) };
  }

  async get(caller: Caller, named: Named) {
    const { kind, name } = named;
    const tenantId = this.scope.of(caller, readActions[kind], named.tenant);
    const own = await this.history.find(tenantId, kind, name);
    const found = own ?? (await this.history.find(PLATFORM_TENANT, kind, name));
    if (!found) throw this.access.notFound(caller, readActions[kind], reading(named, tenantId));
    this.access.require(caller, readActions[kind], reading(named, tenantId));
    return answer(await this.view.shown(found), { version: found.revision });
  }

  /** Sets one document; the same again makes no new revision. */
  async put(
    caller: Caller,
    named: Named,
    expected: number | undefined,
    { spec, ...described }: Content,
    { isPromotion = false, reason }: { isPromotion?: boolean; reason?: string | undefined } = {},
  ) {
    const { kind, name } = named;
    const tenantId = this.scope.of(caller, kinds[kind].applyAction, named.tenant);
    const metadata = { name, tenant: tenantId, ...described };
    const text = jsonText({ apiVersion: API_VERSION, kind, metadata, spec });
    const files = [{ name: `${kinds[kind].plural}/${name}`, text }];
    const read = await this.drafting.read(files);
    const source = (standing: Standing) => {
      requireVersion(standing, named, expected);
      return this.intake.source(files, read, tenantId, 'apply');
    };
    const otherwise = applying(named, tenantId, isPromotion);
    const applied = await this.policy.apply({ caller, tenantId, reason, otherwise, source });
    // What it is changed by next time is the document's own version, also where nothing changed now.
    const held = applied.changes.length > 0 ? undefined : await this.history.find(tenantId, kind, name);
    return shownApplied(tenantId, applied, held?.revision);
  }

  async delete(caller: Caller, named: Named, expected: number | undefined) {
    const { kind, name } = named;
    const tenantId = this.scope.of(caller, kinds[kind].applyAction, named.tenant);
    const source = (standing: Standing) => {
      const isThere = standing.own.some((each) => each.kind === kind && each.name === name);
      if (!isThere) throw this.access.notFound(caller, kinds[kind].applyAction, reading(named, tenantId));
      requireVersion(standing, named, expected);
      return { type: 'changes', changes: [deletionOf(named).change] } as const;
    };
    return shownApplied(
      tenantId,
      await this.policy.apply({ caller, tenantId, otherwise: applying(named, tenantId), source }),
    );
  }
}

function reading({ kind, name }: Pick<Named, 'kind' | 'name'>, tenant: string): AccessResource {
  const { type } = actions[readActions[kind]];
  return { type, path: type === 'policy' ? `${kind}/${name}` : name, tenant };
}

/** `If-Match` is about one document: the revision that last changed it; `"0"` for one that must not exist. */
function requireVersion({ own }: Standing, { kind, name }: Named, expected: number | undefined) {
  if (expected === undefined) return;
  const revision = own.find((each) => each.kind === kind && each.name === name)?.revision ?? 0;
  if (revision !== expected) throw problem(412, 'precondition/failed', 'It has changed since; read it again.');
}
