import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the checkout this code belongs to, whether it runs from the sources or from `dist`. */
export const checkout = findCheckout(import.meta.dirname);

function findCheckout(folder: string): string {
  if (existsSync(join(folder, 'package-lock.json'))) return folder;
  const above = dirname(folder);
  if (above === folder) throw new Error('The local stack runs in a checkout of the project only.');
  return findCheckout(above);
}
