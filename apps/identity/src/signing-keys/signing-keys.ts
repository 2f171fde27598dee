import type { IssuerKey } from '#libs/contracts';
import { Publication, PUBLISHED_WAIT_MS } from '#libs/event-store';
import { Rounds } from '#libs/service';
import { Clock, Logger } from '#libs/telemetry';
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OwnIssuer } from '../issuers/own-issuer.js';
import { publishedKeys, type KeyStatus } from './key-times.js';
import { SigningKeyTable, type Rotation, type SigningKey } from './signing-key-table.js';

/** Between two looks at the table: another replica's new key is known long before it signs. */
export const LOOK_MS = 30_000;

export type PublishedKey = SigningKey & { readonly status: KeyStatus };

/** The keys of this moment: kept current, rotated on schedule, and told to every guard before they sign anything. */
@Injectable()
export class SigningKeys implements OnApplicationBootstrap, OnApplicationShutdown {
  private keys: readonly SigningKey[] = [];
  private readonly rounds = new Rounds({
    work: () => this.refresh('scheduled'),
    pauseMs: () => LOOK_MS,
    onFailure: (error) =>
      this.logger.error({ err: error }, 'the signing keys cannot be looked through; those known go on'),
  });

  constructor(
    @Inject(SigningKeyTable) private readonly table: SigningKeyTable,
    @Inject(OwnIssuer) private readonly issuer: OwnIssuer,
    @Inject(Publication) private readonly publication: Publication,
    @Inject(Clock) private readonly clock: Clock,
    @Inject(Logger) private readonly logger: Logger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.refresh('scheduled');
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** Those that verify at this moment, the one that signs first. */
  published(): readonly PublishedKey[] {
    return publishedKeys(this.keys, this.clock.nowMs());
  }

  /** Makes a key where the rotation asks for one. Answers once guards are told, or have not been reachable for a while. */
  async rotate(rotation: Rotation): Promise<{ readonly isPublished: boolean; readonly position: number }> {
    const position = await this.refresh(rotation);
    return { position, isPublished: await this.publication.reached(position, PUBLISHED_WAIT_MS) };
  }

  /** Takes over what the table holds, and tells guards; telling them the same again is no event. */
  private async refresh(rotation: Rotation): Promise<number> {
    const keys = await this.table.rotate(rotation, this.clock.nowMs());
    const { position } = await this.issuer.publish(publishedKeys(keys, this.clock.nowMs()).map(toIssuerKey));
    this.keys = keys;
    return position;
  }
}

const toIssuerKey = ({ kid, publicJwk }: SigningKey): IssuerKey => ({ kid, algorithm: 'ES256', jwk: { ...publicJwk } });
