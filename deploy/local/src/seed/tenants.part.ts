import { AdminClient } from './admin-client.js';
import { demoTenants, people, type DemoTenant, type DemoUser } from './people.js';
import type { DemoPart, SeededTenant } from './seeder.js';

type Named = { readonly id: string };
type Issued = { readonly value: string };

/** Makes the people of one tenant, its team and its service account, and a key for each. */
class TenantSeed {
  constructor(
    private readonly client: AdminClient,
    private readonly identity: string,
    private readonly tenant: DemoTenant,
  ) {}

  async seed(): Promise<SeededTenant> {
    const { tenant } = this;
    await this.client.post(`${this.identity}/v1/tenants`, { json: { name: tenant } });
    const keys: Record<string, string> = {};
    for (const user of people[tenant]) keys[user.key] = await this.user(user);
    await this.post('virtual-accounts', { name: 'service' });
    keys['service'] = await this.key('virtual-account:service');
    const { admin = '', ...others } = keys;
    return { admin_key: admin, keys: others };
  }

  private async user({ user, labels = {}, team }: DemoUser): Promise<string> {
    const { id } = await this.post<Named>('users', { email: `${user}@${this.tenant}.example`, labels });
    if (team !== undefined) {
      const made = await this.post<Named>('teams', { name: team });
      await this.client.post(`${this.identity}/v1/teams/${made.id}/members`, { json: { member: `user:${id}` } });
    }
    return this.key(`user:${id}`);
  }

  private async key(owner: string): Promise<string> {
    return (await this.post<Issued>('api-keys', { name: 'demo', owner })).value;
  }

  private post<Answer extends object>(things: string, body: object): Promise<Answer> {
    return this.client.post<Answer>(`${this.identity}/v1/${things}`, { json: { ...body, tenant: this.tenant } });
  }
}

/** The tenants acme and globex with everybody in them. */
export const tenants: DemoPart = {
  name: 'tenants',
  seed: async ({ memory, identity }) => {
    const client = new AdminClient(memory.operator.api_key);
    await client.untilKnown(`${identity}/v1/tenants`);
    const seeded: Record<string, SeededTenant> = { ...memory.tenants };
    for (const tenant of demoTenants) seeded[tenant] = await new TenantSeed(client, identity, tenant).seed();
    return { ...memory, tenants: seeded };
  },
};
