/** Somebody of the demo: the local part of the address, and under which name local.json has their key. */
export type DemoUser = {
  readonly user: string;
  readonly key: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly team?: string;
};

/** The people of each demo tenant. The admin's key stands apart in local.json. */
export const people: Readonly<Record<'acme' | 'globex', readonly DemoUser[]>> = {
  acme: [
    { user: 'ada', key: 'admin' },
    { user: 'mona', key: 'manager' },
    { user: 'dev', key: 'developer' },
    { user: 'ana', key: 'analyst' },
    { user: 'vic', key: 'viewer' },
    { user: 'aud', key: 'auditor' },
    { user: 'qua', key: 'qa-engineer' },
    { user: 'eco', key: 'economy' },
    { user: 'emb', key: 'embeddings' },
    { user: 'con', key: 'contractor', labels: { employment: 'contractor' } },
    { user: 'ext', key: 'external', labels: { relation: 'external' } },
    { user: 'int', key: 'internal-tools', team: 'internal-tools' },
  ],
  globex: [
    { user: 'gil', key: 'admin' },
    { user: 'mia', key: 'manager' },
    { user: 'dan', key: 'developer' },
  ],
};

export type DemoTenant = keyof typeof people;
export const demoTenants = Object.keys(people) as readonly DemoTenant[];
