/** Statements that the engine works on at one time; each holds a connection and a libuv thread. */
export const CONNECTIONS_MAX = 8;

/**
 * libuv reads this once, when its first thread starts, so this module is imported before everything else. Four more
 * than connections: compression and files must not wait for a long query.
 */
process.env.UV_THREADPOOL_SIZE ??= String(CONNECTIONS_MAX + 4);
