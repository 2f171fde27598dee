import type { AddressInfo } from 'node:net';
import { readConfig } from './config.js';
import { sandboxProvider } from './server.js';

const config = readConfig();
const server = sandboxProvider();

server.on('error', (error) => {
  process.stderr.write(`sandbox provider: ${error.message}\n`);
  process.exit(1);
});
server.listen(config.port, config.host, () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`sandbox provider listening on http://${config.host}:${port}\n`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
