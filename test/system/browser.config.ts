import { existsSync } from 'node:fs';

/** Where Debian puts it, which the set-up of `npm test` does; `CHROMIUM_PATH` names another one. */
const DEBIAN = '/usr/bin/chromium';

/** The browser that specs drive. @throws Error that says how to get one. */
export function browserPath(): string {
  const path = process.env['CHROMIUM_PATH'] ?? DEBIAN;
  if (existsSync(path)) return path;
  throw new Error(`There is no browser at ${path}. Install Chromium, or set CHROMIUM_PATH.`);
}
