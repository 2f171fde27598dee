import { OnboardingRecord, topics, WATERMARK_KEY, type OnboardingAnswer } from '#libs/contracts';
import { waitFor } from '#libs/testing';
import { OAuthWorld } from '../oauth/oauth.fixture.js';
import type { Answer } from '../identity.fixture.js';

/** What policy says of documents that are in force. */
export const confirmed = { outcome: 'confirmed', revision: 1 };

/** What is told of an onboarding; null once nothing is any more. */
type Told = { readonly id: string; readonly record: OnboardingRecord | null };
type Sent = { readonly name: string };

/** Identity, with a policy that answers when a spec does, and its OAuth server. */
export class Onboardings {
  readonly world = new OAuthWorld();
  readonly identity = this.world.identity;

  op(route: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.identity.ask(this.identity.operator, route, body, headers);
  }

  /** The newest that identity says of a tenant's onboarding. */
  told(tenantId: string): Told | undefined {
    const records = this.identity.bus.log.read(topics.identityOnboardings.name, 0, 0n, 100_000);
    const spoken = records
      .filter(({ key }) => String(key) !== WATERMARK_KEY)
      .map(({ key, value }): Told => {
        const record = value === null ? null : OnboardingRecord.parse(JSON.parse(String(value)));
        return { id: String(key), record };
      });
    const id = spoken.findLast(({ record }) => record?.tenantId === tenantId)?.id;
    return spoken.findLast((each) => each.id === id);
  }

  /** As policy, or as whoever has another bus key. */
  answer(tenantId: string, onboardingId: string, more: object, busKey = this.identity.busKey) {
    const value = { onboardingId, tenantId, ...more } as OnboardingAnswer;
    return this.identity.told(topics.policyOnboardings, onboardingId, value, busKey);
  }

  /** Onboards as far as policy's answer lets it. */
  async onboard(sent: Sent, more: object, headers = {}): Promise<Answer> {
    const called = this.op('POST /v1/tenants', sent, headers);
    await this.answer(sent.name, await this.asked(sent.name), more);
    return called;
  }

  /** Begins one that policy does not answer, and answers its id. */
  async begin(sent: Sent): Promise<{ id: string; answered: Answer }> {
    const answered = await this.op('POST /v1/tenants', { ...sent, wait_seconds: 0 });
    return { id: await this.asked(sent.name), answered };
  }

  async isGone(name: string): Promise<void> {
    const status = async () => (await this.op(`GET /v1/tenants/${name}`)).status;
    await waitFor(async () => (await status()) === 404, { what: `the end of ${name}` });
  }

  private asked(tenantId: string): Promise<string> {
    const requested = () => {
      const found = this.told(tenantId);
      return found?.record?.status === 'requested' ? found.id : undefined;
    };
    return waitFor(requested, { what: `the request for ${tenantId}` });
  }
}
