import { resolve } from 'node:path';
import { startingFolder } from '../policy-check/starting-folder.config.js';
import { reconcileCommand } from './command.js';
import { home } from './home.config.js';

const { text, exitCode } = await reconcileCommand(process.argv.slice(2), home, (path) => resolve(startingFolder, path));
(exitCode === 2 ? process.stderr : process.stdout).write(text);
process.exitCode = exitCode;
