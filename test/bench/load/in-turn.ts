import type { Arm } from '../arm.js';
import { summarise, type Summary } from '../report.js';
import type { Bench } from '../section.js';
import { chatBody } from './chat-body.js';
import { closedLoop, warmUp, type Round } from './closed-loop.js';

type Told = Pick<Bench, 'options' | 'say'>;

/** Chat completions over all arms, size by size: each is warmed up, then in turn in rounds, so that what else the machine does hits all alike. */
export async function inTurn(bench: Told, arms: readonly Arm[], sizes: readonly number[]): Promise<Summary[]> {
  const summaries: Summary[] = [];
  for (const bytes of sizes) summaries.push(...(await ofOneSize(bench, arms, bytes)));
  return summaries;
}

async function ofOneSize({ options, say }: Told, arms: readonly Arm[], bytes: number): Promise<Summary[]> {
  const { connections, seconds } = options;
  const found = new Map<string, Round[]>(arms.map(({ name }) => [name, []]));
  const loadOf = ({ model }: Arm) => ({ connections, body: chatBody(model, bytes) });
  for (const arm of arms) {
    say(`${bytes} bytes, ${arm.name}: warms up`);
    await warmUp(arm, loadOf(arm));
  }
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`${bytes} bytes, round ${round} of ${options.rounds}`);
    for (const arm of arms) {
      found.get(arm.name)?.push(await closedLoop(arm, { ...loadOf(arm), durationMs: seconds * 1_000 }));
    }
  }
  return arms.map(({ name }) => summarise({ arm: name, bytes, rounds: found.get(name) ?? [] }));
}
