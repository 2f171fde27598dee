/** Lives of what OAuth keeps, seconds. Access tokens: `ACCESS_TOKEN_SECONDS` and the client's own. */
export const lifetimes = {
  /** A code is redeemed by the redirect that brought it. */
  AuthorizationCode: 60,
  IdToken: 900,
  /** To log in and consent. */
  Interaction: 900,
  /** Of a login in the browser, from the last time that it was used. */
  Session: 12 * 3_600,
  /** From the code on, however often it is refreshed. */
  RefreshToken: 30 * 86_400,
  /** Of a consent. */
  Grant: 365 * 86_400,
} as const;

/** Longest life of a client's assertion (RFC 7523), seconds: its id is remembered for as long. */
export const ASSERTION_SECONDS_MAX = 600;
/** Clocks of clients may be off by so much, seconds. */
export const CLOCK_TOLERANCE_SECONDS = 10;
