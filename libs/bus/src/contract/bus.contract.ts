import type { Bus } from '#libs/bus';
import { afterEach, beforeEach, describe } from 'vitest';
import { consumeContract } from './consume.contract.js';
import { publishContract } from './publish.contract.js';
import { replayContract } from './replay.contract.js';
import type { BusUnderTest, ContractScene } from './scene.fixture.js';

/** Every implementation of {@link Bus} must pass this. */
export function busContract(name: string, underTest: () => BusUnderTest): void {
  describe(`the bus contract, ${name}`, () => {
    let buses: Bus[] = [];
    let scene: ContractScene;
    beforeEach(() => {
      const maker = underTest();
      const open = () => {
        const bus = maker.open();
        buses.push(bus);
        return bus;
      };
      const bus = open();
      const topic = async (partitions = 1) => {
        const name = maker.freshName('contract');
        await bus.ensureTopics([{ name, partitions }]);
        return name;
      };
      scene = { ...maker, open, bus, topic };
    });
    afterEach(async () => {
      await Promise.all(buses.map((bus) => bus.close(2000)));
      buses = [];
    });
    publishContract(() => scene);
    consumeContract(() => scene);
    replayContract(() => scene);
  });
}
