import type { IssuerKey, IssuerKeySource } from '#libs/contracts';
import { EgressGuard, EgressRefused } from '#libs/http';
import { Injectable } from '@nestjs/common';
import { fetchedKeys } from './fetched-key-set.js';
import { KeySetFault, type KeySetFaultCode } from './key-set-fault.js';

/** From the first byte sent to the last received. */
const TIMEOUT_MS = 5_000;
/** The largest that are known of have some ten keys, each with a certificate. */
const BYTES_MAX = 256 * 1024;
const JSON_TYPES = /^application\/(?:[a-z0-9.-]+\+)?json(?:\s*;|$)/i;

/** Where an issuer's keys are, and whose they must be. */
export type KeySetPlace = { readonly issuer: string; readonly keySource: IssuerKeySource };

/** Asks an issuer for its keys, through the egress guard. */
@Injectable()
export class KeySetFetch {
  constructor(private readonly guard: EgressGuard) {}

  /** @throws KeySetFault, and nothing else. */
  async keys({ issuer, keySource }: KeySetPlace): Promise<IssuerKey[]> {
    if (keySource.from === 'static') throw new TypeError('Static keys are not fetched.');
    const uri = keySource.from === 'jwks_uri' ? keySource.uri : await this.discovered(issuer);
    return fetchedKeys(await this.json(uri));
  }

  /** OpenID Connect Discovery 1.0, section 4: the document must say of itself that it is this issuer's. */
  private async discovered(issuer: string): Promise<string> {
    const document = await this.json(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer: says, jwks_uri: uri } = (document ?? {}) as { issuer?: unknown; jwks_uri?: unknown };
    if (says !== issuer) throw new KeySetFault('jwks/issuer-mismatch');
    if (typeof uri !== 'string') throw new KeySetFault('jwks/malformed');
    return uri;
  }

  private async json(url: string): Promise<unknown> {
    const { status, headers, body } = await this.get(url);
    if (status >= 300 && status < 400) throw new KeySetFault('jwks/redirected');
    if (status !== 200) throw new KeySetFault('jwks/status');
    const type = headers['content-type'];
    if (typeof type !== 'string' || !JSON_TYPES.test(type)) throw new KeySetFault('jwks/content-type');
    try {
      return JSON.parse(body.toString('utf8')) as unknown;
    } catch {
      throw new KeySetFault('jwks/malformed');
    }
  }

  private async get(url: string) {
    const headers = { accept: 'application/jwk-set+json, application/json' };
    try {
      return await this.guard.request(url, { headers, timeoutMs: TIMEOUT_MS, bytesMax: BYTES_MAX });
    } catch (error) {
      throw new KeySetFault(codeOf(error));
    }
  }
}

const TIMEOUTS = new Set(['TimeoutError', 'ConnectTimeoutError', 'HeadersTimeoutError', 'BodyTimeoutError']);

function codeOf(error: unknown): KeySetFaultCode {
  if (error instanceof EgressRefused) return 'jwks/address-refused';
  if (error instanceof RangeError) return 'jwks/too-large';
  return error instanceof Error && TIMEOUTS.has(error.name) ? 'jwks/timeout' : 'jwks/unreachable';
}
