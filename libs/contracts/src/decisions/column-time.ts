/** What every reader's columns hold: minutes are kept in 32 bits. */
const EARLIEST = '2000-01-01T00:00:00.000Z';
const LATEST = '2100-01-01T00:00:00.000Z';

/** Whether a column of times holds `at`, RFC 3339 in UTC. */
export const fitsTimeColumn = (at: string) => at >= EARLIEST && at < LATEST;
