import { Injectable } from '@nestjs/common';
import { AuditDatabase } from '../clickhouse/audit-database.adapter.js';
import type { Cube } from './cube.js';
import { figuresSql, type Basis, type Question } from './figures.js';

/** Most groups of an answer. */
export const GROUPS_MAX = 5_000;

export type Figures = {
  readonly basis: Basis;
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly truncated: boolean;
};

/** Asks for figures. */
@Injectable()
export class FiguresReader {
  constructor(private readonly database: AuditDatabase) {}

  /** @throws ProblemError 503 `audit_unavailable` while ClickHouse is away, or for a question that takes it too long. */
  async ask(cube: Cube, question: Question, groupsMax = GROUPS_MAX): Promise<Figures> {
    const { basis, sql, params, names } = figuresSql(cube, question, groupsMax + 1);
    const rows = await this.database.rows<Record<string, unknown>>(sql, params);
    const named = (row: Record<string, unknown>) => {
      const entries = Object.entries(row).map(([key, value]) => [
        /^d\d$/.test(key) ? names[Number(key[1])] : key,
        value,
      ]);
      return Object.fromEntries(entries) as Record<string, unknown>;
    };
    return { basis, data: rows.slice(0, groupsMax).map(named), truncated: rows.length > groupsMax };
  }
}
