import { Clock } from '#libs/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import type { Admission } from './account-throttle.js';

/** Attempts from one address within {@link ADDRESS_WINDOW_SECONDS}; many people may share one. */
export const ADDRESS_ATTEMPTS_MAX = 60;
export const ADDRESS_WINDOW_SECONDS = 300;
/** Addresses that are remembered; beyond it the one that was heard of longest ago is forgotten. */
export const ADDRESSES_MAX = 10_000;

type Window = { endsMs: number; attempts: number };

/** How often passwords and invitations may be tried from one address, whatever the account. In memory: accounts are guarded apart. */
@Injectable()
export class AddressThrottle {
  private readonly windows = new Map<string, Window>();

  constructor(@Inject(Clock) private readonly clock: Clock) {}

  admit(address: string): Admission {
    const now = this.clock.monotonicMs();
    const held = this.windows.get(address);
    const window = held && held.endsMs > now ? held : { endsMs: now + ADDRESS_WINDOW_SECONDS * 1_000, attempts: 0 };
    window.attempts += 1;
    // Last heard of stands last.
    this.windows.delete(address);
    this.windows.set(address, window);
    const [oldest] = this.windows.keys();
    if (this.windows.size > ADDRESSES_MAX && oldest !== undefined) this.windows.delete(oldest);
    if (window.attempts <= ADDRESS_ATTEMPTS_MAX) return { admitted: true };
    return { admitted: false, retryAfterSeconds: Math.ceil((window.endsMs - now) / 1_000) };
  }
}
