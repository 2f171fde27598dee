import { describe, expect, it } from 'vitest';
import { keeping, storing, textOf } from '../contents/keeping.fixture.js';
import { event, messageStream, plainMessage } from '../anthropic/anthropic.fixture.js';
import { modelRoutes } from '../routes/route-table.js';
import { answerTo, corpus, everySurface, modes, noneForbidden, untagged, type Mode } from './every-surface.fixture.js';
import { answeringWith, surfaces } from './surfaces.fixture.js';

/** A whole stream, as the upstream of a surface sends it. */
function streamOf({ account, operation }: Mode): readonly string[] {
  if (account === 'anthropic') return messageStream;
  if (operation === 'responses') return [event('response.completed', { response: { status: 'completed' } })];
  if (operation === 'images') return [event('image_generation.completed', { usage: null })];
  if (operation === 'audio') return [event('transcript.text.done', { usage: null })];
  return ['data: {"choices":[]}\n\n', 'data: [DONE]\n\n'];
}

/** What is kept of prompt and answer; of a body, the model that its caller named. */
function shownOf(calls: ReturnType<typeof keeping>['calls']) {
  return calls.map((contents) => {
    const { request, answer } = contents.kept();
    const asked = request.omitted ?? (JSON.parse(textOf(request)) as { model: string }).model;
    return [asked, answer && (answer.omitted ?? textOf(answer))];
  });
}

/** Files, pictures and sounds are only noted. */
function keptOf({ path, model, file, operation }: Mode, answered: string) {
  const isMedia = operation === 'images' || path === '/audio/speech';
  return [[file === undefined ? model : 'media', isMedia ? 'media' : answered]];
}

describe('no surface is weaker than another', () => {
  it('and there is none that is not looked at here', () => {
    const called = modelRoutes.filter(({ metering }) => metering !== 'none').map(({ path }) => path);
    expect(new Set(everySurface.map(({ path }) => path))).toEqual(new Set(called));
  });

  it.each(modes)('below $prefix, $path of $model with stream=$stream', async (mode) => {
    const { listener, sent } = answeringWith(...(mode.stream ? streamOf(mode) : [plainMessage]));
    const kept = keeping();
    const edge = await surfaces(listener, [...untagged, ...noneForbidden, storing], { contents: kept.keeper });
    const { spool } = edge;
    const said = new Map<string, string>();
    for (const { what, ask, answer, answerOfForm = answer } of corpus) {
      const refused = await answerTo(edge, mode, ask(edge, mode));
      const text = await refused.text();
      const { code } = (JSON.parse(text) as { error: { code: string } }).error;
      expect([what, `${refused.status} ${code}`]).toEqual([what, mode.file === undefined ? answer : answerOfForm]);
      expect(spool.records.at(-1)).toMatchObject({ type: 'access.decided', outcome: 'deny', code });
      said.set(what, text);
    }
    // Each was decided on and recorded once, and none of it is known to any upstream.
    expect(spool.records).toHaveLength(corpus.length);
    expect([sent, kept.calls]).toEqual([[], []]);
    expect(said.get('an ungranted model')).toBe(said.get('an unknown model'));

    const allowed = await answerTo(edge, mode, { metadata: '{"project":"apollo"}' });
    const answered = await allowed.text();
    expect([allowed.status, sent.length]).toEqual([200, 1]);
    const { operation, model, stream } = mode;
    const metadata = { project: 'apollo' };
    expect(spool.records.at(-2)).toMatchObject({ outcome: 'allow', operation, resource: model, metadata });
    expect(spool.records.at(-1)).toMatchObject({ type: 'call.completed', stream, metadata });
    expect(sent[0]?.headers).not.toHaveProperty('gatehouse-metadata');
    expect(sent[0]?.text).not.toContain('apollo');
    expect(shownOf(kept.calls)).toEqual(keptOf(mode, answered));
  });
});
