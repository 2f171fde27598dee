import { Untranslatable } from '../../untranslatable.js';
import { isGiven, listAt, recordAt, refuseOthers, textAt, type Json } from './json-at.js';

const ofTool = new Set(['type', 'function']);
const ofFunction = new Set(['name', 'description', 'parameters', 'strict']);
/** A function without parameters takes an empty object; there a schema is always needed. */
const noParameters = { type: 'object', properties: {} };

/** `tools`, `tool_choice` and `parallel_tool_calls`, as Anthropic names them. */
export function toolsOf(body: Json): Json {
  const choice = choiceOf(body.tool_choice);
  if (!isGiven(body.tools)) {
    if (choice && choice.type !== 'none') throw new Untranslatable('tool_choice', 'there are no tools to choose from');
    return {};
  }
  const tools = listAt(body.tools, 'tools').map((tool, index) => toolOf(recordAt(tool, `tools[${index}]`), index));
  if (tools.length === 0) return {};
  const isOneByOne = body.parallel_tool_calls === false && choice?.type !== 'none';
  const chosen = isOneByOne ? { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } : choice;
  return { tools, ...(chosen && { tool_choice: chosen }) };
}

function toolOf(tool: Json, index: number): Json {
  const at = `tools[${index}]`;
  if (tool.type !== 'function') throw new Untranslatable(`${at}.type`, 'only functions have a counterpart there');
  refuseOthers(tool, ofTool, `${at}.`);
  const made = recordAt(tool.function, `${at}.function`);
  refuseOthers(made, ofFunction, `${at}.function.`);
  return {
    name: textAt(made.name, `${at}.function.name`),
    ...(isGiven(made.description) && { description: textAt(made.description, `${at}.function.description`) }),
    input_schema: isGiven(made.parameters) ? recordAt(made.parameters, `${at}.function.parameters`) : noParameters,
    ...(made.strict === true && { strict: true }),
  };
}

const choices: Readonly<Record<string, string>> = { auto: 'auto', required: 'any', none: 'none' };

function choiceOf(choice: unknown): (Json & { readonly type: string }) | undefined {
  if (!isGiven(choice)) return undefined;
  if (typeof choice === 'string') {
    const type = Object.hasOwn(choices, choice) ? choices[choice] : undefined;
    if (type === undefined) throw new Untranslatable('tool_choice', 'there is no such choice');
    return { type };
  }
  const value = recordAt(choice, 'tool_choice');
  if (value.type !== 'function') throw new Untranslatable('tool_choice.type', 'only a function can be chosen');
  const { name } = recordAt(value.function, 'tool_choice.function');
  return { type: 'tool', name: textAt(name, 'tool_choice.function.name') };
}
