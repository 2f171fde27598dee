import type { Arm } from '../arm.js';
import { gatewayOn } from '../arms/of-stack.js';
import { chatBody } from '../load/chat-body.js';
import { closedLoop, warmUp, type Round } from '../load/closed-loop.js';
import { FlippingPolicy } from '../load/flipping-policy.js';
import { median } from '../load/quantile.js';
import type { BenchSection } from '../section.js';

const PER_SECOND = 100;
const MODEL = 'local/llama-3';

/** What a policy that changes all the time costs those who call. */
export const section: BenchSection = {
  title: `What ${PER_SECOND} revisions a second of its own policy cost a tenant’s calls`,
  method:
    'Chat completions through the gateway in a closed loop, quiet and while bundles of three documents are applied over REST, in interleaved rounds. ' +
    'Every revision allows the caller the model by another role than the one before, so that a decision which mixed two revisions would refuse, and end the benchmark. ' +
    'Policy, PostgreSQL and Kafka share the machine with the gateway: its CPU per request tells what the revisions cost it; the ratio of requests per second also what they cost the machine.',
  async measure({ options, say, stack }) {
    const { local } = await stack();
    const policy = await FlippingPolicy.inForce(local, MODEL);
    const arm: Arm = { ...gatewayOn(local), model: MODEL, headers: { authorization: `Bearer ${policy.key}` } };
    const [bytes = 1_000] = options.bytes;
    const load = {
      connections: options.connections,
      body: chatBody(MODEL, bytes),
      durationMs: options.seconds * 1_000,
    };
    say('warms up');
    await warmUp(arm, load);
    const quiet: Round[] = [];
    const changing: Round[] = [];
    const rates: number[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      say(`round ${round} of ${options.rounds}`);
      quiet.push(await closedLoop(arm, load));
      const over = new AbortController();
      const [measured, rate] = await Promise.all([
        closedLoop(arm, load).finally(() => over.abort()),
        policy.flips(PER_SECOND, over.signal),
      ]);
      changing.push(measured);
      rates.push(rate);
    }
    const of = (rounds: readonly Round[], pick: (round: Round) => number) => median(rounds.map(pick));
    const requests = (round: Round) => round.requestsPerSecond;
    const cpu = (round: Round) => round.cpuMicrosPerRequest ?? Number.NaN;
    const row = (name: string, rounds: readonly Round[], rate: number) =>
      `| ${name} | ${rate.toFixed(0)} | ${of(rounds, requests).toFixed(0)} | ${of(rounds, cpu).toFixed(0)} | ${of(rounds, (each) => each.latencyMsP99).toFixed(1)} |`;
    const markdown = [
      '| policy | revisions/s | requests/s | CPU µs/request | p99 ms |',
      '| --- | --- | --- | --- | --- |',
      row('quiet', quiet, 0),
      row('changing', changing, median(rates)),
      '',
      `Requests per second, changing / quiet: ${(of(changing, requests) / of(quiet, requests)).toFixed(2)}; CPU per request ${(of(changing, cpu) / of(quiet, cpu)).toFixed(2)}. No decision mixed two revisions.`,
    ];
    return { markdown: markdown.join('\n'), figures: { options, quiet, changing, rates } };
  },
};
