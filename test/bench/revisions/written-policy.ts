import { readDocument } from '#libs/policy-language';
import { settingOf, sha256 } from '../../../apps/policy/src/drafting/wanted-change.js';
import { policySetDecider } from '../../../apps/policy/src/revisions/policy-set.decider.js';
import { policyState } from '../../../apps/policy/src/revisions/policy-state.projection.js';
import { flippingDocuments, type Flipping } from '../load/flipping-documents.js';
import type { StateEntry } from '../load/written-keys.js';

const at = '2026-01-01T00:00:00.000Z';
const TEXT_KEY = Buffer.alloc(32);

/** The policy of one tenant, by policy's own decider and projection: what its publisher would find committed. */
export class WrittenPolicy {
  private state = policySetDecider.initialState();

  constructor(private readonly about: Flipping) {}

  /** The number of the newest revision that was made. */
  get revision(): number {
    return this.state.revision;
  }

  get tenant(): string {
    return this.about.tenant;
  }

  get account(): string {
    const [account = ''] = this.about.model.split('/');
    return account;
  }

  /** The first revision: an account, its two models, and who may call one. */
  first(origin: string): readonly StateEntry[] {
    const { tenant, model, other } = this.about;
    const { account } = this;
    const envelope = (kind: string, metadata: object, spec: object) => {
      return { apiVersion: 'gatehouse/v1', kind, metadata: { tenant, ...metadata }, spec };
    };
    const models = [model, other].map((name) =>
      envelope('Model', { name, tags: { env: 'production' } }, { upstreamModel: 'llama-3', types: ['chat'] }),
    );
    const spec = { provider: 'openai', baseUrl: `${origin}/v1`, credential: { secretRef: account } };
    const upstream = envelope('ProviderAccount', { name: account }, spec);
    return this.publish([upstream, ...models, ...flippingDocuments(this.about, 0)]);
  }

  next(): readonly StateEntry[] {
    return this.publish(flippingDocuments(this.about, this.revision));
  }

  private publish(documents: readonly object[]): readonly StateEntry[] {
    const changes = documents.map((document) => settingOf(readDocument(document), TEXT_KEY).change);
    const { tenant: tenantId } = this.about;
    const rest = { tenantId, author: 'user_0', reason: null, rollbackOf: null, at, sha256 };
    const [event] = policySetDecider.decide({ type: 'PublishRevision', ...rest, changes }, this.state);
    if (!event) throw new Error('The revision changes nothing.');
    this.state = policySetDecider.evolve(this.state, event);
    return policyState.keys(event).flatMap((key): StateEntry[] => {
      const record = policyState.project(key, undefined, event, () => undefined);
      return record ? [[key, record]] : [];
    });
  }
}
