/* A service in a process of its own, for the specs of starting and stopping. Prints where it listens. */
import 'reflect-metadata';
import { Controller, Get, Module, type OnApplicationShutdown } from '@nestjs/common';
import { startService } from '../service/start-service.js';

@Controller('v1/slow')
class SlowController {
  @Get()
  async get() {
    process.stdout.write('HANDLING\n');
    await new Promise((resolve) => setTimeout(resolve, 400));
    return { done: true };
  }
}

@Module({ controllers: [SlowController] })
class SlowModule implements OnApplicationShutdown {
  onApplicationShutdown() {
    process.stdout.write('CLOSED\n');
  }
}

const { url } = await startService(SlowModule, {
  service: 'spec',
  port: Number(process.argv[2] ?? 0),
  local: process.argv[3] === 'local',
  logLevel: 'silent',
});
process.stdout.write(`LISTENING ${url}\n`);
