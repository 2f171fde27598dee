import { join } from 'node:path';
import { startingFolder } from '../policy-check/starting-folder.config.js';

/** Where the system of this checkout keeps its `local.json`. */
export const home = process.env['GATEHOUSE_HOME'] || join(startingFolder, '.gatehouse');
