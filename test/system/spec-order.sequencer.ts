import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { waitingFirst } from './waiting-first.js';

/** Searches what everything before it has left behind. */
const LAST = 'test/security/no-secret-left.e2e.spec.ts';

/**
 * Files of the project `system` run in the order of their paths: e2e, failure, security, and the search for secrets as
 * the very last. Those of `integration` that mostly wait begin early. Otherwise vitest's own order holds.
 */
export class SpecOrderSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSystem = ({ project }: TestSpecification) => project.name === 'system';
    const isIntegration = ({ project }: TestSpecification) => project.name === 'integration';
    const isLast = ({ moduleId }: TestSpecification) => moduleId.endsWith(LAST);
    const byPath = sorted.filter(isSystem).toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    return [
      ...sorted.filter((file) => !isSystem(file) && !isIntegration(file)),
      ...waitingFirst(sorted.filter(isIntegration), ({ moduleId }) => moduleId),
      ...byPath.filter((file) => !isLast(file)),
      ...byPath.filter(isLast),
    ];
  }
}
