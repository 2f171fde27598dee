import type { Finding } from '#libs/contracts';
import { whoCan, type Principal, type TenantSnapshot } from '#libs/decision-engine';
import { findingId } from './finding-id.js';

type WithoutTime<Of> = Of extends Finding ? Omit<Of, 'at'> : never;
type ModelFinding = WithoutTime<Extract<Finding, { kind: 'model-untagged' | 'model-open' }>>;

/** A snapshot never changes; looking at all models again is for the next revision. */
const found = new WeakMap<TenantSnapshot, readonly ModelFinding[]>();

/**
 * Models of a tenant that nobody can call, having no `env`, and those that anybody can whose account is in the tenant,
 * whatever their teams and labels. Conditions on the request are looked at as of now, without metadata.
 */
export function modelFindings(snapshot: TenantSnapshot, nowMs: number): readonly Finding[] {
  const known = found.get(snapshot) ?? lookAt(snapshot, nowMs);
  found.set(snapshot, known);
  const at = new Date(nowMs).toISOString();
  return known.map((finding) => ({ ...finding, at }));
}

function lookAt(snapshot: TenantSnapshot, nowMs: number): readonly ModelFinding[] {
  const tenantId = snapshot.tenant;
  return snapshot.models.flatMap(({ path: model, tenant, environment }): ModelFinding[] => {
    const about = { tenantId, model };
    const openBy = anybodyBy(snapshot, model, nowMs);
    return [
      // The platform's own are its administrators' to tag.
      ...(environment === undefined && tenant === tenantId
        ? [{ kind: 'model-untagged' as const, findingId: findingId('model-untagged', tenantId, model), ...about }]
        : []),
      ...(openBy === undefined
        ? []
        : [
            {
              kind: 'model-open' as const,
              findingId: findingId('model-open', tenantId, model),
              ...about,
              rule: openBy,
            },
          ]),
    ];
  });
}

/** The statement by which a user of whom nothing is known may invoke the model. */
function anybodyBy(snapshot: TenantSnapshot, path: string, timeMs: number): string | undefined {
  const { tenant } = snapshot;
  const anybody: Principal = { id: 'user_', kind: 'user', tenant, teams: [], groups: [], labels: {} };
  const question = { action: 'model:invoke', resource: { type: 'model', path }, request: { timeMs } };
  return whoCan(snapshot, [anybody], question, { limit: 1, examinedMax: 1 }).found[0]?.statements[0];
}
