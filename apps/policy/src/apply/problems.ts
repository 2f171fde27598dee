import { ProblemError } from '#libs/http';
import type { Finding } from '#libs/policy-language';

/** 422 with one item per mistake: file, line, column, message, suggestion. */
export function mistakes(findings: readonly Finding[]): ProblemError {
  const detail = `The bundle has ${findings.length} ${findings.length === 1 ? 'mistake' : 'mistakes'}; nothing was changed.`;
  return new ProblemError(422, 'policy/invalid', detail, { errors: findings.map(shownFinding) });
}

/** A finding as people read it in an answer. */
export function shownFinding({ file, line, column, message, ...rest }: Finding): Record<string, string | number> {
  const { rule, pointer, document, suggestion } = rest;
  const shown = { file, line, column, message, rule, ...(pointer && { pointer }) };
  return { ...shown, ...(document && { document }), ...(suggestion && { suggestion }) };
}
