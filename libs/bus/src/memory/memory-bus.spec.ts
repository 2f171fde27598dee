import { MemoryBus, MemoryLog } from '#libs/bus';
import { freshName } from '#libs/testing';
import { busContract } from '../contract/bus.contract.js';

busContract('MemoryBus', () => {
  const log = new MemoryLog();
  return { open: () => new MemoryBus(log), freshName, deleteTopic: async (topic) => log.delete(topic) };
});
