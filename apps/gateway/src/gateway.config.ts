import { coherent, egressAllow, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { PIECE_BYTES_MAX } from '#libs/contents';
import { z } from 'zod';
import { retryBounds, type RetryBounds } from './routing/retry-bounds.js';
import { circuitBounds, type CircuitBounds } from './upstreams/circuit.js';

const whole = (min: number, max: number, fallback: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback);
const milliseconds = (fallback: number) => z.coerce.number().int().min(1).max(86_400_000).default(fallback);

/** Everything that a gateway is told by its environment. */
export const GatewaySettings = z
  .object({
    ...serviceSettings,
    /** Opens upstream credentials. Of all services only policy and the gateway hold it. */
    GATEHOUSE_MASTER_KEY: secretKey,
    /** Addresses that are not public and may be called all the same: `127.0.0.1:8090,10.0.0.0/8`. */
    GATEHOUSE_EGRESS_ALLOW: egressAllow,
    /** Threads that serve calls on the one port, the main one among them. */
    GATEHOUSE_SERVING_THREADS: whole(1, 64, 1),
    GATEHOUSE_BODY_BYTES_MAX: z.coerce
      .number()
      .int()
      .min(1_024)
      .max(512 * 1024 * 1024)
      .default(16 * 1024 * 1024),
    /** Of a prompt and of an answer, where a tenant has them kept. */
    GATEHOUSE_CONTENTS_BYTES_MAX: whole(1, PIECE_BYTES_MAX, 64 * 1024),
    GATEHOUSE_UPSTREAM_CONNECTIONS_MAX: z.coerce.number().int().min(1).max(65_536).default(512),
    GATEHOUSE_UPSTREAM_CONNECT_TIMEOUT_MS: milliseconds(5_000),
    /** Until the first byte of an answer. */
    GATEHOUSE_UPSTREAM_HEADERS_TIMEOUT_MS: milliseconds(600_000),
    /** Between two bytes of an answer. */
    GATEHOUSE_UPSTREAM_IDLE_TIMEOUT_MS: milliseconds(300_000),
    /** When an upstream is left alone, and for how long; see `CircuitBounds`. */
    GATEHOUSE_CIRCUIT_WINDOW_MS: whole(100, 600_000, circuitBounds.windowMs),
    GATEHOUSE_CIRCUIT_ENDS_MIN: whole(1, 1_000_000, circuitBounds.endsMin),
    GATEHOUSE_CIRCUIT_FAILURES_PERCENT: whole(1, 100, circuitBounds.failuresPercent),
    GATEHOUSE_CIRCUIT_OPEN_MS: whole(100, 600_000, circuitBounds.openMs),
    GATEHOUSE_CIRCUIT_PROBE_MS: whole(100, 3_600_000, circuitBounds.probeMs),
    /** How often, and how soon, one request calls upstreams; see `RetryBounds`. */
    GATEHOUSE_ATTEMPTS_MAX: whole(1, 8, retryBounds.attemptsMax),
    GATEHOUSE_RETRY_BACKOFF_MS: whole(0, 10_000, retryBounds.backoffMs),
    GATEHOUSE_RETRY_WAIT_MS_MAX: whole(0, 60_000, retryBounds.waitMsMax),
  })
  .superRefine(coherent);
export type GatewaySettings = z.output<typeof GatewaySettings>;

export function circuitBoundsOf(settings: GatewaySettings): CircuitBounds {
  return {
    windowMs: settings.GATEHOUSE_CIRCUIT_WINDOW_MS,
    endsMin: settings.GATEHOUSE_CIRCUIT_ENDS_MIN,
    failuresPercent: settings.GATEHOUSE_CIRCUIT_FAILURES_PERCENT,
    openMs: settings.GATEHOUSE_CIRCUIT_OPEN_MS,
    probeMs: settings.GATEHOUSE_CIRCUIT_PROBE_MS,
  };
}

export function retryBoundsOf(settings: GatewaySettings): RetryBounds {
  return {
    attemptsMax: settings.GATEHOUSE_ATTEMPTS_MAX,
    backoffMs: settings.GATEHOUSE_RETRY_BACKOFF_MS,
    waitMsMax: settings.GATEHOUSE_RETRY_WAIT_MS_MAX,
  };
}

/** Prints what is wrong and exits with 78 where the environment does not do. */
export function readGatewaySettings(): GatewaySettings {
  return readConfigOrExit(GatewaySettings, process.env);
}
