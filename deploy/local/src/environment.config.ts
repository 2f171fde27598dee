/**
 * The environment of the launcher itself. Parts inherit only what they name, so that nothing meant for one of them
 * (a database's URL, a key) reaches another.
 */
export const launcherEnvironment: Readonly<Record<string, string | undefined>> = process.env;

/** Those of the named variables that are set. */
export function inherited(...names: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = launcherEnvironment[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
