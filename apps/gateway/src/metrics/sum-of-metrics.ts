/**
 * Texts in Prometheus' format as one: samples of the same name and labels are added up, what only one has is kept. Of the
 * threads of a process, of which each counts for itself.
 */
export function sumOfMetrics([first = '', ...others]: readonly string[]): string {
  const more = new Map<string, number>();
  for (const line of others.flatMap((text) => text.split('\n'))) {
    const sample = sampleOf(line);
    if (sample) more.set(sample.name, (more.get(sample.name) ?? 0) + sample.value);
  }
  const sum = (line: string) => {
    const sample = sampleOf(line);
    const added = sample && more.get(sample.name);
    if (!sample || added === undefined) return line;
    more.delete(sample.name);
    return `${sample.name} ${sample.value + added}`;
  };
  const lines = first.split('\n').filter((line) => line !== '');
  return `${withOthers(lines.map(sum), more).join('\n')}\n`;
}

/** Series that the first text did not have stand behind those of their metric, as the format wants it. */
function withOthers(lines: readonly string[], more: ReadonlyMap<string, number>): string[] {
  const rest = new Map(more);
  const isLast = (at: number) => !lines[at + 1] || lines[at + 1]?.startsWith('#') === true;
  let metric = '';
  return lines.flatMap((line, at) => {
    if (line.startsWith('# TYPE ')) metric = line.split(' ')[2] ?? '';
    if (!isLast(at) || (line.startsWith('#') && !line.startsWith('# TYPE '))) return [line];
    const found = [...rest].filter(([name]) => isOf(name, metric));
    for (const [name] of found) rest.delete(name);
    return [line, ...found.map(([name, value]) => `${name} ${value}`)];
  });
}

function isOf(sample: string, metric: string): boolean {
  const name = /^[a-z0-9_]+/u.exec(sample)?.[0] ?? '';
  return name === metric || name.replace(/_(?:bucket|sum|count)$/u, '') === metric;
}

function sampleOf(line: string): { name: string; value: number } | undefined {
  const at = line.lastIndexOf(' ');
  const value = Number(line.slice(at + 1));
  return line.startsWith('#') || at < 1 || !Number.isFinite(value) ? undefined : { name: line.slice(0, at), value };
}
