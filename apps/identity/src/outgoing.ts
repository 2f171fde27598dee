import { AddressRules, EgressGuard } from '#libs/http';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** Identity's one way out: key sets of issuers. Its connections end with the process. */
@Injectable()
export class Outgoing extends EgressGuard implements OnApplicationShutdown {
  /** @param listed what the operator permits although it is private; see `AddressRules.parse`. */
  static permitting(listed: readonly string[]): Outgoing {
    return new Outgoing(AddressRules.parse(listed.join(',')), { connectionsMax: 1 });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }
}
