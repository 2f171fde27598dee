import { z } from 'zod';
import { IssuedKey } from '../api-keys/key-answers.js';
import { InvitationWithToken } from '../invitations/invitation-answers.js';
import { ShownTeam } from '../teams/team-answers.js';
import { ShownTenant } from '../tenants/tenant-answers.js';
import { ShownUser } from '../users/user-answers.js';
import { ShownVirtualAccount } from '../virtual-accounts/virtual-account-answers.js';

/** A tenant that was made; with what it was onboarded with. Until it is `active`, its keys and its invitation are refused. */
export const MadeTenant = z
  .strictObject({
    ...ShownTenant.shape,
    admin: ShownUser.optional(),
    teams: z.array(ShownTeam).optional(),
    virtual_accounts: z.array(ShownVirtualAccount).optional(),
    keys: z.array(IssuedKey).optional(),
    /** Where no key of the admin's was asked for: their way in. */
    invitation: InvitationWithToken.optional(),
  })
  .meta({ id: 'MadeTenant' });
