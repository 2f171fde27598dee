import { ApiKeyRevoked, TokensRevoked, topics, type ReplicaRecord } from '#libs/contracts';
import { ProjectionRunner } from '#libs/event-store';
import { EntityManager } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';

export type ReplicaReport = {
  readonly replica: string;
  readonly service: string;
  readonly reportedAt: Date;
  readonly position: number;
  readonly stopped: boolean;
  /** When it had applied the revocation asked about; null as long as that is not known. */
  readonly appliedAt: Date | null;
};

type Row = {
  replica: string;
  service: string;
  reported_at: string;
  position: string;
  stopped: boolean;
  applied_at: string | null;
};

/** A replica that has said nothing for this long is not one any more. */
const FORGOTTEN_AFTER = '1 day';
/** Replicas whose place is remembered; beyond it all are looked up again. */
const REPLICAS_MAX = 1_000;

/** What replicas said of how far they are, and which revocations that proves. */
@Injectable()
export class ReplicaReports {
  /** How far each replica is known to be in the table, which never goes back: what is below proves nothing new. */
  private readonly kept = new Map<string, number>();

  constructor(
    private readonly em: EntityManager,
    private readonly projections: ProjectionRunner,
  ) {}

  /**
   * Keeps a report, and notes it as the proof of every revocation that the replica had not applied before. A replayed
   * or late report proves nothing new, and says nothing of the present.
   */
  async keep(report: ReplicaRecord): Promise<void> {
    const position = appliedPosition(report);
    // Most reports only say that a replica is still there.
    if (position > (this.kept.get(report.replica) ?? -1)) await this.keepProofs(report, position);
    else await store(this.em.fork(), report, position);
  }

  private async keepProofs(report: ReplicaRecord, position: number): Promise<void> {
    const { replica, at } = report;
    // A replica may know of a revocation before the lists here do; its proof is noted by those.
    await this.projections.catchUp([ApiKeyRevoked.type, TokensRevoked.type]);
    await this.em.fork().transactional(async (tx) => {
      const database = tx.getKysely();
      const { rows } = await sql<{ position: string }>`
        select position from replica_reports_v1 where replica = ${replica} for update
      `.execute(database);
      const former = Number(rows[0]?.position ?? 0);
      if (position > former) {
        await sql`
          insert into revocation_proofs_v1 (about, replica, applied_at, position)
          select id, ${replica}, ${at}::timestamptz, (body ->> 'revokedPosition')::bigint from key_list_v1
          where (body ->> 'revokedPosition')::bigint > ${former}
            and (body ->> 'revokedPosition')::bigint <= ${position}
          union all
          select id, ${replica}, ${at}::timestamptz, (body ->> 'position')::bigint from revocation_list_v1
          where (body ->> 'position')::bigint > ${former} and (body ->> 'position')::bigint <= ${position}
          on conflict (about, replica) do update set applied_at = excluded.applied_at, position = excluded.position
          where excluded.position > revocation_proofs_v1.position
        `.execute(database);
      }
      await store(tx, report, position);
    });
    if (this.kept.size >= REPLICAS_MAX) this.kept.clear();
    this.kept.set(replica, position);
  }

  /**
   * Every replica heard of within a day, with its proof for this key, or `<kind>/<id>` of tokens, that was revoked at
   * that position of the store: a proof of an earlier revocation of the same is none.
   */
  async proofsOf(about: string, provedPosition: number): Promise<ReplicaReport[]> {
    const { rows } = await sql<Row>`
      select r.replica, r.service, r.reported_at::text, r.position, r.stopped, p.applied_at::text
      from replica_reports_v1 r left join revocation_proofs_v1 p on p.replica = r.replica and p.about = ${about}
        and p.position = ${provedPosition}
      where r.reported_at > now() - ${FORGOTTEN_AFTER}::interval
      order by r.replica
    `.execute(this.em.fork().getKysely());
    return rows.map((row) => ({
      replica: row.replica,
      service: row.service,
      reportedAt: new Date(row.reported_at),
      position: Number(row.position),
      stopped: row.stopped,
      appliedAt: row.applied_at === null ? null : new Date(row.applied_at),
    }));
  }
}

const appliedPosition = ({ applied }: ReplicaRecord) => applied[topics.identityState.name]?.position ?? 0;

/** A replica that starts anew replays everything: what it proved before stays proved. */
async function store(em: EntityManager, report: ReplicaRecord, position: number): Promise<void> {
  const { replica, service, boot, at, stopped } = report;
  await sql`
    insert into replica_reports_v1 (replica, service, boot, position, reported_at, stopped)
    values (${replica}, ${service}, ${boot}, ${position}, ${at}::timestamptz, ${stopped})
    on conflict (replica) do update set boot = excluded.boot, reported_at = excluded.reported_at,
      stopped = excluded.stopped, position = greatest(replica_reports_v1.position, excluded.position)
    where excluded.reported_at >= replica_reports_v1.reported_at
  `.execute(em.getKysely());
}
