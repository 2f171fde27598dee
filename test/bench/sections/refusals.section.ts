import type { Arm } from '../arm.js';
import { gatewayOn } from '../arms/of-stack.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp, type Round } from '../load/closed-loop.js';
import { markdown, summarise } from '../report.js';
import type { Bench, BenchSection } from '../section.js';

/** Well formed, with a checksum that is wrong: the commonest thing that a flood sends. */
const BAD_KEY = `gh_patp_${'A'.repeat(12)}_${'b'.repeat(43)}`;
/** Of a caller that has to be served while a flood goes on. */
const SERVED_CONNECTIONS = 4;

/** What a refusal costs, and what a flood of them does to others. */
export const section: BenchSection = {
  title: 'What a refusal costs, and what a flood of them does to others',
  method:
    'Chat completions through the gateway in a closed loop: served, with a key that is none, and for a model that is not granted, in interleaved rounds. ' +
    `Then ${SERVED_CONNECTIONS} connections of a caller who is served, alone and beside a flood of bad keys on all connections, in turn. ` +
    'CPU is that of the gateway’s process with all of its threads; the generator of the flood shares the machine.',
  async measure(bench) {
    const { options, say } = bench;
    const served = gatewayOn((await bench.stack()).local);
    const flood: Arm = { ...served, name: 'bad key', headers: { authorization: `Bearer ${BAD_KEY}` }, status: 401 };
    const viewer = (await bench.stack()).local.tenants.acme.keys['viewer'];
    const denied: Arm = {
      ...served,
      name: 'model not granted',
      headers: { authorization: `Bearer ${viewer}` },
      status: 403,
    };
    const [bytes = 1_000] = options.bytes;
    const load = { connections: options.connections, body: chatBody(served.model, bytes) };
    for (const arm of [served, flood, denied]) {
      say(`${arm.name}: warms up`);
      await warmUp(arm, load);
    }
    const rounds = new Map<string, Round[]>();
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      for (const arm of [served, flood, denied])
        add(rounds, arm.name, await closedLoop(arm, { ...load, durationMs: options.seconds * 1_000 }));
      for (const [name, round] of await floodRound(bench, served, flood, bytes)) add(rounds, name, round);
    }
    const summaries = [...rounds].map(([arm, of]) => summarise({ arm, bytes, rounds: of }));
    const [ok, bad] = summaries;
    const ratio = `CPU, a bad key / a served call: ${((bad?.cpuMicrosPerRequest ?? 0) / (ok?.cpuMicrosPerRequest ?? 0)).toFixed(2)}`;
    return { markdown: [markdown(summaries), ratio].join('\n\n'), figures: { options, summaries } };
  },
};

/** The served caller alone, then beside the flood. CPU is of both, and so left out. */
async function floodRound({ options }: Bench, served: Arm, flood: Arm, bytes: number): Promise<[string, Round][]> {
  const durationMs = options.seconds * 1_000;
  const body = chatBody(served.model, bytes);
  const caller = { ...served, pid: undefined };
  const own = { connections: SERVED_CONNECTIONS, body, durationMs };
  const alone = await closedLoop(caller, own);
  const [beside] = await Promise.all([
    closedLoop(caller, own),
    closedLoop({ ...flood, pid: undefined }, { connections: options.connections, body, durationMs }),
  ]);
  return [
    [`served, ${SERVED_CONNECTIONS} connections, alone`, alone],
    [`served, ${SERVED_CONNECTIONS} connections, beside a flood`, beside],
  ];
}

function add(rounds: Map<string, Round[]>, name: string, round: Round): void {
  rounds.set(name, [...(rounds.get(name) ?? []), round]);
}
