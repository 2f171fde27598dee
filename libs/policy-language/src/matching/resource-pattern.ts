import {
  isResourceType,
  resourceTypes,
  type ResourceType,
  type ResourceTypeDeclaration,
} from '../vocabulary/resource-types.js';
import { compileGlob, type Glob } from './glob.js';

/** `<type>:<glob>`, or `**` for everything of every type (`type` undefined). */
export type ResourcePattern = { readonly type: ResourceType | undefined; readonly glob: Glob };

/** Why a text is no resource pattern. */
export type PatternMistake = { readonly message: string; readonly unknownType?: string };

/** Reads a pattern; a text that is none gives the mistake. */
export function readResourcePattern(text: string): ResourcePattern | PatternMistake {
  if (text === '**') return { type: undefined, glob: compileGlob('**') };
  const colon = text.indexOf(':');
  if (colon < 0) return { message: `"${text}" is not <type>:<path>, such as model:openai-main/*.` };
  const type = text.slice(0, colon);
  const path = text.slice(colon + 1);
  if (!isResourceType(type)) return { message: `There is no resource type "${type}".`, unknownType: type };
  if (path === '') return { message: `"${text}" names nothing after the colon; write ${type}:** for all of them.` };
  if (!canMatchShape(type, path)) {
    return { message: `"${text}" can never match: a ${type} is ${type}:${resourceTypes[type].path}.` };
  }
  return { type, glob: compileGlob(path) };
}

/** Narrows the answer of `readResourcePattern`. */
export const isPattern = (read: ResourcePattern | PatternMistake): read is ResourcePattern => 'glob' in read;

/** Whether some path with the type's number of segments matches; a pattern with `**` is taken to. */
function canMatchShape(type: ResourceType, path: string): boolean {
  const { segments, also = [] }: ResourceTypeDeclaration = resourceTypes[type];
  if (segments === null || also.some((other) => compileGlob(path).matches(other))) return true;
  const parts = path.split('/');
  if (parts.includes('')) return false;
  return path.includes('**') ? parts.length <= segments : parts.length === segments;
}
