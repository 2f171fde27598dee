/**
 * Says what failed without quoting a value: the error's name and code, and where it was thrown. Messages of databases
 * and validators may carry what must not be logged.
 */
export function describeFailure(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure';
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  const where = error.stack?.split('\n').find((line) => line.startsWith('    at '));
  return `${error.name}${code}${where ? ` ${where.trim()}` : ''}`;
}
