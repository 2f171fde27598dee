const text = { type: 'string' } as const;

/** One tool that reads and one that destroys, so that a policy has something to tell apart. */
export const tools = [
  {
    name: 'search',
    description: 'Searches the sandbox.',
    inputSchema: { type: 'object', properties: { query: text }, required: ['query'] },
    annotations: { readOnlyHint: true },
  },
  {
    name: 'delete_repo',
    description: 'Pretends to delete a repository.',
    inputSchema: { type: 'object', properties: { name: text }, required: ['name'] },
    annotations: { destructiveHint: true },
  },
];

export function callTool(name: unknown, given: unknown) {
  const args = (given ?? {}) as { query?: unknown; name?: unknown };
  if (name === 'search') return result(`results for ${String(args.query)}`);
  if (name === 'delete_repo') return result(`deleted ${String(args.name)}`);
  return { ...result(`unknown tool ${String(name)}`), isError: true };
}

const result = (said: string) => ({ content: [{ type: 'text', text: said }] });
