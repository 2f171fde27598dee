import { junitOutput, treeOutput } from '#libs/decision-engine';
import { parseArgs } from 'node:util';
import { checkPolicy, sentence, type Checked } from './check-policy.js';
import { readFolder } from './read-folder.js';

const USAGE = `Usage: npm run policy -- check <folder> [--current <folder>] [--platform <folder>] [--output tree|json|junit]

  <folder>     the bundle: every .yaml, .yml and .json file in it and below
  --current    what is in force, to which the bundle adds and in which it replaces
  --platform   the platform's documents
  --output     tree for people (default), json, or junit for build servers
`;
const outputs = {
  tree: (checked: Checked) =>
    treeOutput(checked) + checked.warnings.map((each) => `warning: ${sentence(each)}\n`).join(''),
  json: (checked: Checked) => `${JSON.stringify(checked, undefined, 2)}\n`,
  junit: junitOutput,
};
const isOutput = (text: string): text is keyof typeof outputs => Object.hasOwn(outputs, text);

/** What is to be printed, and how the process ends: 0 when all is well, 1 when something failed, 2 for a wrong command. */
export type Outcome = { readonly text: string; readonly exitCode: 0 | 1 | 2 };

/** Runs the command line; `resolve` makes a path absolute. */
export function policyCommand(args: readonly string[], nowMs: number, resolve: (path: string) => string): Outcome {
  const options = { current: { type: 'string' }, platform: { type: 'string' }, output: { type: 'string' } } as const;
  try {
    const { positionals, values } = parseArgs({ args: [...args], options, allowPositionals: true });
    const [command, folder, ...rest] = positionals;
    const output = values.output ?? 'tree';
    if (command !== 'check' || folder === undefined || rest.length > 0 || !isOutput(output)) {
      return { text: USAGE, exitCode: 2 };
    }
    const read = (path: string | undefined) => (path === undefined ? undefined : readFolder(resolve(path)));
    const bundle = readFolder(resolve(folder));
    const checked = checkPolicy({ bundle, current: read(values.current), platform: read(values.platform), nowMs });
    return { text: outputs[output](checked), exitCode: checked.passed ? 0 : 1 };
  } catch (error) {
    return { text: `${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, exitCode: 2 };
  }
}
