import { measureChanges, type ChangeFigures } from '../engine/changes.js';
import { measureDecisions, type DecisionFigures } from '../engine/decisions.js';
import { measureKeys, type KeyFigures } from '../engine/keys.js';
import { measurePeers, type PeerFigures } from '../engine/peers.js';
import type { BenchSection } from '../section.js';

const SIZES = [100, 1_000, 10_000, 100_000];
const SIZES_CHANGED = [10_000, 100_000];
/** casbin looks at every policy for every question: more would take minutes. */
const SIZES_OF_PEERS = [100, 1_000, 10_000];

/** The decision engine alone: decisions at sizes, revisions, and other engines beside it. */
export const section: BenchSection = {
  title: 'What a decision costs',
  method:
    'In one thread, without a network. A policy is a role with an allow and a deny, bound to one team; 200 models, one boundary, 256 callers of three teams each at every size, spread over teams of ten policies or all on one team. ' +
    'Sizes, and engines, are measured in interleaved rounds; CPU is the thread’s own; revisions are timed by the clock. Bytes are the growth of the heap per decision between two collections. ' +
    'Keys are shown in turn, 20,000 of a million; figures are the middle of batches, by the process’s own CPU. ' +
    'Other engines get the same plain grants and must give the same answers; each makes its decision by its own call, Cedar with its policies parsed beforehand, the Cerbos PDP over HTTP, of which the CPU of its own process counts alone (up to 1,000 policies; more take it minutes to compile).',
  async measure({ options, say }) {
    say('decisions');
    const decisions = measureDecisions(SIZES, options.rounds);
    say('revisions of one document');
    const changes = SIZES_CHANGED.flatMap(measureChanges);
    say('keys');
    const keys = measureKeys();
    const peers: PeerFigures[] = [];
    for (const size of SIZES_OF_PEERS) {
      say(`other engines, ${size} policies`);
      peers.push(...(await measurePeers(size, options.rounds)));
    }
    const markdown = [decisionTable(decisions), keyTable(keys), changeTable(changes), peerTable(peers)].join('\n\n');
    return { markdown, figures: { decisions, keys, changes, peers } };
  },
};

function decisionTable(decisions: readonly DecisionFigures[]): string {
  const rows = decisions.map((each) => {
    const base = decisions.find(({ policies, spread }) => policies === SIZES[0] && spread === each.spread);
    const ratio = each.cpuNs / (base?.cpuNs ?? Number.NaN);
    return `| ${each.policies} | ${each.spread} | ${each.p50Ns} | ${each.p99Ns} | ${each.cpuNs} | ${ratio.toFixed(2)} | ${each.bytes} |`;
  });
  return [
    '| policies | spread | p50 ns | p99 ns | CPU ns | CPU / that at 100 | bytes |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function keyTable(keys: readonly KeyFigures[]): string {
  const rows = keys.map(({ what, middle, p10, p90 }) => `| ${what} | ${middle} | ${p10} | ${p90} |`);
  return ['| among 1,000,000 keys | CPU µs | p10 | p90 |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

function changeTable(changes: readonly ChangeFigures[]): string {
  const rows = changes.map(({ policies, changed, p50Us, p99Us, firstUs }) => {
    return `| ${policies} | ${changed} | ${p50Us.toFixed(0)} | ${p99Us.toFixed(0)} | ${Number.isNaN(firstUs) ? '–' : firstUs.toFixed(0)} |`;
  });
  return [
    '| policies | compiled | p50 µs | p99 µs | a caller’s first decision after it, p50 µs |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function peerTable(peers: readonly PeerFigures[]): string {
  const rows = peers.map(({ policies, engine, cpuUs }) => `| ${policies} | ${engine} | ${cpuUs.toFixed(2)} |`);
  return ['| policies | engine | CPU µs per decision |', '| --- | --- | --- |', ...rows].join('\n');
}
