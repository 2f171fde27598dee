import { EgressGuard, EgressRefused } from '#libs/http';
import type { Finding } from '#libs/policy-language';
import { Injectable } from '@nestjs/common';
import type { UpstreamAddress } from '../drafting/draft-messages.js';

/**
 * Refuses addresses of upstreams that gateways would not call: told when they are written down, and not first when a
 * call fails. Names are not resolved here: what they mean is settled, and checked again, by the gateway that connects.
 */
@Injectable()
export class UpstreamAddresses {
  constructor(private readonly guard: EgressGuard) {}

  refused(addresses: readonly UpstreamAddress[]): readonly Finding[] {
    return addresses.filter(({ url }) => !this.isPermitted(url)).map(({ finding }) => finding);
  }

  private isPermitted(url: string): boolean {
    try {
      this.guard.check(url);
      return true;
    } catch (error) {
      if (error instanceof EgressRefused) return false;
      throw error;
    }
  }
}
