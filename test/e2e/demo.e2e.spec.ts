import { expect, it } from 'vitest';
import { Stage } from '../demo/stage.js';
import { story } from '../demo/story.js';
import { tell } from '../demo/tell.js';
import { local } from '../system/system.js';

it('tells the whole story of `npm run demo`, each step as told', async () => {
  const lines: string[] = [];
  const code = await tell(story, new Stage(local()), (line) => void lines.push(line));
  expect(lines.join('\n')).not.toContain('NOT as told');
  expect(code).toBe(0);
});
