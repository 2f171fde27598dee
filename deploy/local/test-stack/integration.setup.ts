import { readFile } from 'node:fs/promises';
import type { TestStack } from '#libs/testing';
import type { TestProject } from 'vitest/node';

export default async function setup(project: TestProject) {
  const running = process.env['GATEHOUSE_TEST_STACK'];
  if (!running) throw new Error('GATEHOUSE_TEST_STACK is not set');
  project.provide('testStack', JSON.parse(await readFile(running, 'utf8')) as TestStack);
}
