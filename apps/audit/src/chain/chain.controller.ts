import { CallerParam, Requires, type Caller } from '#libs/access';
import type { CheckpointKey } from '#libs/chain';
import { EventStore } from '#libs/event-store';
import { Answers } from '#libs/openapi';
import { Clock } from '#libs/telemetry';
import { Controller, Get, Inject, Query } from '@nestjs/common';
import { z } from 'zod';
import { AuditReach } from '../records/audit-reach.js';
import { recordQuery } from '../records/record-filter.js';
import { KeptDays } from '../retention/kept-days.js';
import { chainAggregate, chainId } from './chain.aggregate.js';
import { ShownChain, ShownVerification } from './chain-answers.js';
import { CHECKPOINT_KEY } from './chain-options.js';
import { ChainVerification } from './chain-verification.js';
import { CheckpointSigner } from './checkpoint-signer.js';

const DAY_MS = 86_400_000;
const { tenant } = recordQuery;
const ChainQuery = z.strictObject({ tenant });
const VerifyQuery = z.strictObject({ tenant, from: z.iso.date().optional() });

/** What vouches for the stored rows, and whether they are still what was vouched for. */
@Controller('v1/chain')
export class ChainController {
  constructor(
    private readonly reach: AuditReach,
    private readonly store: EventStore,
    private readonly verification: ChainVerification,
    private readonly signer: CheckpointSigner,
    @Inject(CHECKPOINT_KEY) private readonly key: CheckpointKey,
    private readonly clock: Clock,
    private readonly kept: KeptDays,
  ) {}

  /** Of the tenant; for an operator that names none, of the requests that belong to no tenant. */
  @Get()
  @Requires('audit:read')
  @Answers('Shows up to where the rows are signed, and by which key.', { 200: ShownChain })
  async chain(@CallerParam() caller: Caller, @Query({ schema: ChainQuery }) query: z.output<typeof ChainQuery>) {
    const reach = this.reach.ofAll(caller, 'chain', query.tenant);
    const tenantId = reach.tenant ?? '';
    const { state } = await this.store.load(chainAggregate, chainId(tenantId));
    this.reach.grant(caller, 'chain', reach);
    const pem = this.key.publicKey.export({ format: 'pem', type: 'spki' });
    return {
      object: 'chain',
      tenant_id: tenantId,
      key: { key_id: this.key.keyId, algorithm: 'Ed25519', public_key: String(pem) },
      checkpoint: state.last ?? null,
      signed: Object.values(state.ends).map(({ table, topic, last, head }) => ({ table, topic, up_to: last, head })),
      broken: this.signer.brokenOf(tenantId).map(({ table, topic, offset }) => ({ table, topic, offset })),
    };
  }

  /** From a day on, yesterday unless given. The command `verify` does the same with all days, and without this service. */
  @Get('verify')
  @Requires('audit:read')
  @Answers('Verifies the stored rows against what was signed.', { 200: ShownVerification })
  async verify(@CallerParam() caller: Caller, @Query({ schema: VerifyQuery }) query: z.output<typeof VerifyQuery>) {
    const reach = this.reach.ofAll(caller, 'chain', query.tenant);
    const tenantId = reach.tenant ?? '';
    const asked = query.from ?? new Date(this.clock.nowMs() - DAY_MS).toISOString().slice(0, 10);
    // What the tenant does not keep may be gone.
    const kept = (await this.kept.firstThere(tenantId, this.clock.nowMs())) ?? asked;
    const from = asked < kept ? kept : asked;
    const found = await this.verification.verify(tenantId, from);
    this.reach.grant(caller, 'chain', reach);
    return {
      object: 'chain_verification',
      tenant_id: tenantId,
      from,
      sound: found.sound,
      checkpoints: found.checkpoints,
      signed_at: found.signedAt,
      fault: found.fault ?? null,
      chains: found.chains.map(({ table, topic, rows, signedRows, fault }) => {
        return { table, topic, rows, signed_rows: signedRows, fault: fault ?? null };
      }),
    };
  }
}
