/** Where this service and the others are reached, as the configuration says: our own `iss`, and what tokens can be for. */
export class PublicUrls {
  constructor(
    /** This service's own public URL: `iss` of our tokens. */
    readonly issuer: string,
    /** RFC 8707 resources; the first is what a token is for unless it is asked for another. */
    readonly resources: readonly string[],
  ) {}
}
