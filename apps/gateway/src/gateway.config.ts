import { coherent, egressAllow, readConfigOrExit, secretKey, serviceSettings } from '#libs/config';
import { z } from 'zod';

const milliseconds = (fallback: number) => z.coerce.number().int().min(1).max(86_400_000).default(fallback);

const Settings = z
  .object({
    ...serviceSettings,
    /** Opens upstream credentials. Of all services only policy and the gateway hold it. */
    GATEHOUSE_MASTER_KEY: secretKey,
    /** Addresses that are not public and may be called all the same: `127.0.0.1:8090,10.0.0.0/8`. */
    GATEHOUSE_EGRESS_ALLOW: egressAllow,
    /** Proxies whose `x-forwarded-for` is believed: addresses or ranges. */
    GATEHOUSE_TRUSTED_PROXIES: egressAllow,
    GATEHOUSE_BODY_BYTES_MAX: z.coerce
      .number()
      .int()
      .min(1_024)
      .max(512 * 1024 * 1024)
      .default(16 * 1024 * 1024),
    GATEHOUSE_UPSTREAM_CONNECTIONS_MAX: z.coerce.number().int().min(1).max(65_536).default(512),
    GATEHOUSE_UPSTREAM_CONNECT_TIMEOUT_MS: milliseconds(5_000),
    /** Until the first byte of an answer. */
    GATEHOUSE_UPSTREAM_HEADERS_TIMEOUT_MS: milliseconds(600_000),
    /** Between two bytes of an answer. */
    GATEHOUSE_UPSTREAM_IDLE_TIMEOUT_MS: milliseconds(300_000),
  })
  .superRefine(coherent);
export type GatewaySettings = z.output<typeof Settings>;

/** Prints what is wrong and exits with 78 where the environment does not do. */
export function readGatewaySettings(): GatewaySettings {
  return readConfigOrExit(Settings, process.env);
}
