import { resolve } from 'node:path';
import { policyCommand } from './command.js';
import { startingFolder } from './starting-folder.config.js';

const { text, exitCode } = policyCommand(process.argv.slice(2), Date.now(), (path) => resolve(startingFolder, path));
(exitCode === 2 ? process.stderr : process.stdout).write(text);
process.exitCode = exitCode;
