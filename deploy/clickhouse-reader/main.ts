import { readerCommand } from './command.js';

const { text, exitCode } = readerCommand(process.argv.slice(2));
(exitCode === 2 ? process.stderr : process.stdout).write(text);
process.exitCode = exitCode;
