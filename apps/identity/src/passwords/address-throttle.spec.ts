import { FakeClock } from '#libs/testing';
import { expect, it } from 'vitest';
import { ADDRESS_ATTEMPTS_MAX, ADDRESS_WINDOW_SECONDS, ADDRESSES_MAX, AddressThrottle } from './address-throttle.js';

const tried = (throttle: AddressThrottle, address: string, times: number) =>
  Array.from({ length: times }, () => throttle.admit(address)).at(-1);

it('lets an address try so often in a window, says when it may again, and lets others be', () => {
  const clock = new FakeClock();
  const throttle = new AddressThrottle(clock);
  expect(tried(throttle, '192.0.2.1', ADDRESS_ATTEMPTS_MAX)).toEqual({ admitted: true });
  expect(throttle.admit('192.0.2.1')).toEqual({ admitted: false, retryAfterSeconds: ADDRESS_WINDOW_SECONDS });
  expect(throttle.admit('192.0.2.2')).toEqual({ admitted: true });
  clock.advance(ADDRESS_WINDOW_SECONDS * 1000);
  expect(throttle.admit('192.0.2.1')).toEqual({ admitted: true });
});

it('remembers a bounded number of addresses, and forgets the one that was heard of longest ago', () => {
  const throttle = new AddressThrottle(new FakeClock());
  tried(throttle, 'first', ADDRESS_ATTEMPTS_MAX);
  tried(throttle, 'second', ADDRESS_ATTEMPTS_MAX);
  for (let i = 0; i < ADDRESSES_MAX - 2; i += 1) throttle.admit(`a${i}`);
  expect(throttle.admit('second').admitted).toBe(false);
  throttle.admit('one more');
  expect(throttle.admit('second').admitted).toBe(false);
  expect(throttle.admit('first').admitted).toBe(true);
});
