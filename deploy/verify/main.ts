import { resolve } from 'node:path';
import { startingFolder } from '../policy-check/starting-folder.config.js';
import { verifyCommand } from './command.js';

const { text, exitCode } = await verifyCommand(process.argv.slice(2), Date.now(), (path) =>
  resolve(startingFolder, path),
);
(exitCode === 2 ? process.stderr : process.stdout).write(text);
process.exitCode = exitCode;
