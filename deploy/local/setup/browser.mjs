/**
 * Runs before `npm test`: a browser for the specs of login and consent. `npm start` needs none. On Debian as root it is
 * installed; elsewhere this says how.
 */
import { existsSync } from 'node:fs';
import { outputOf, run, say, SetupFailed } from './run.mjs';

try {
  await ensureBrowser();
} catch (error) {
  if (!(error instanceof SetupFailed)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function ensureBrowser() {
  if (existsSync(process.env.CHROMIUM_PATH ?? '/usr/bin/chromium')) return;
  const isDebian = existsSync('/etc/debian_version') && outputOf('apt-get', ['--version']) !== undefined;
  if (process.env.CHROMIUM_PATH || !isDebian || process.getuid?.() !== 0) {
    const how = isDebian ? 'sudo apt-get install chromium' : 'see https://www.chromium.org';
    throw new SetupFailed(`The tests drive a browser. Install Chromium (${how}), or set CHROMIUM_PATH to one.`);
  }
  say('installing chromium (apt-get)');
  process.env.DEBIAN_FRONTEND = 'noninteractive';
  await run('apt-get', ['update', '-qq'], 'apt-get update');
  await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], 'apt-get install');
}
