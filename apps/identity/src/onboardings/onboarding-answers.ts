import { z } from 'zod';
import { IssuedKey } from '../api-keys/key-answers.js';
import { ShownTeam } from '../teams/team-answers.js';
import { ShownTenant } from '../tenants/tenant-answers.js';
import { ShownUser } from '../users/user-answers.js';
import { ShownVirtualAccount } from '../virtual-accounts/virtual-account-answers.js';

/** A tenant that was made; with what it was onboarded with. Until it is `active`, its keys are refused everywhere. */
export const MadeTenant = z
  .strictObject({
    ...ShownTenant.shape,
    admin: ShownUser.optional(),
    teams: z.array(ShownTeam).optional(),
    virtual_accounts: z.array(ShownVirtualAccount).optional(),
    keys: z.array(IssuedKey).optional(),
  })
  .meta({ id: 'MadeTenant' });
