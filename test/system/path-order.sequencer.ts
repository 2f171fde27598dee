import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Searches what everything before it has left behind. */
const LAST = 'test/security/no-secret-left.e2e.spec.ts';

/**
 * Files of the project `system` run in the order of their paths: e2e, failure, security, and the search for secrets as
 * the very last. The other projects keep vitest's own order.
 */
export class PathOrderSequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSystem = ({ project }: TestSpecification) => project.name === 'system';
    const isLast = ({ moduleId }: TestSpecification) => moduleId.endsWith(LAST);
    const byPath = sorted.filter(isSystem).toSorted((a, b) => (a.moduleId < b.moduleId ? -1 : 1));
    return [
      ...sorted.filter((file) => !isSystem(file)),
      ...byPath.filter((file) => !isLast(file)),
      ...byPath.filter(isLast),
    ];
  }
}
