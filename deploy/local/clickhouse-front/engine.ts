import { drainPending, Session, type RawInsertFormat } from 'chdb';
import { CONNECTIONS_MAX } from './engine-threads.config.js';
import { exceptionCodes, FrontException } from './http-exception.js';
import { identifier } from './query-params.js';

/** Statements that may wait for a connection; one more is refused. */
export const WAITING_STATEMENTS_MAX = 256;

/** A statement with its data inside, or an insert whose data stay bytes. */
export type Work = {
  database: string;
  /** What it does outlives the statement in its connection (USE, SET, temporary tables), so it gets one of its own. */
  isolated: boolean;
} & (
  | { sql: string; format: string }
  | {
      insert: {
        table: string;
        columns: readonly string[];
        format: RawInsertFormat;
        settings: ReadonlyMap<string, string>;
        data: Buffer;
      };
    }
);

export type Answer = {
  body: Uint8Array;
  elapsedSeconds: number;
  readRows: number;
  readBytes: number;
  writtenRows: number;
  writtenBytes: number;
};

type Connection = { session: Session; database: string };

/** The one engine of this process: a bounded set of connections to one data directory, one statement in each. */
export class Engine {
  private readonly directory: string;
  private readonly defaults: Readonly<Record<string, string | number>>;
  private readonly idle: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private opened = 0;

  /**
   * @param directory Held by an exclusive lock: a second process fails to open it.
   * @param defaults Settings that every connection starts with.
   */
  constructor(directory: string, defaults: Readonly<Record<string, string | number>>) {
    this.directory = directory;
    this.defaults = defaults;
    this.idle.push(this.open());
    this.opened = 1;
  }

  async run(work: Work): Promise<Answer> {
    const connection = await this.take();
    try {
      if (!work.isolated) return await this.runIn(connection, work);
      const own = this.open();
      try {
        return await this.runIn(own, work);
      } finally {
        own.session.close();
      }
    } finally {
      this.giveBack(connection);
    }
  }

  /** Waits until nothing runs any more: a connection closed under a running statement aborts the engine. */
  async close(): Promise<void> {
    await drainPending();
    for (const { session } of this.idle.splice(0)) session.close();
  }

  private async runIn(connection: Connection, work: Work): Promise<Answer> {
    if (connection.database !== work.database) {
      await connection.session.queryAsync(`USE ${identifier(work.database)}`);
      connection.database = work.database;
    }
    if ('sql' in work) {
      const result = await connection.session.queryAsync(work.sql, { format: work.format });
      const { elapsed, rowsRead, bytesRead } = result;
      return {
        body: result.bytes(),
        elapsedSeconds: elapsed,
        readRows: rowsRead,
        readBytes: bytesRead,
        writtenRows: 0,
        writtenBytes: 0,
      };
    }
    const { table, columns, format, settings, data } = work.insert;
    const summary = await connection.session.insert({
      table,
      format,
      values: data,
      settings: Object.fromEntries(settings),
      ...(columns.length > 0 ? { columns } : {}),
    });
    const { elapsed, rowsWritten, bytesWritten } = summary;
    const read = { readRows: rowsWritten, readBytes: data.length };
    return {
      body: new Uint8Array(),
      elapsedSeconds: elapsed,
      ...read,
      writtenRows: rowsWritten,
      writtenBytes: bytesWritten,
    };
  }

  private take(): Connection | Promise<Connection> {
    const idle = this.idle.pop();
    if (idle) return idle;
    if (this.opened < CONNECTIONS_MAX) {
      this.opened += 1;
      return this.open();
    }
    if (this.waiting.length >= WAITING_STATEMENTS_MAX) {
      const code = exceptionCodes.tooManySimultaneousQueries;
      throw new FrontException(code, 'Too many simultaneous queries.', 'TOO_MANY_SIMULTANEOUS_QUERIES');
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private giveBack(connection: Connection): void {
    const next = this.waiting.shift();
    if (next) next(connection);
    else this.idle.push(connection);
  }

  private open(): Connection {
    const session = new Session(this.directory);
    const defaults = Object.entries(this.defaults).map(
      ([name, value]) => `${name} = ${typeof value === 'string' ? `'${value}'` : value}`,
    );
    session.query(`SET ${defaults.join(', ')}`);
    return { session, database: 'default' };
  }
}
