import { compile } from '#libs/decision-engine';
import { readDocument } from '#libs/policy-language';
import { expect, it } from 'vitest';
import { documentFindings } from './document-findings.js';

const NOW = Date.parse('2026-11-28T09:00:00.000Z');
const document = (kind: string, name: string, spec: object, tags?: Record<string, string>, tenant = 'acme') =>
  readDocument({ apiVersion: 'gatehouse/v1', kind, metadata: { name, tenant, ...(tags && { tags }) }, spec });
const prompt = (name: string, tags?: Record<string, string>, tenant = 'acme') =>
  document('Prompt', name, { messages: [{ role: 'user', content: 'Hi.' }] }, tags, tenant);
const server = (name: string, tags?: Record<string, string>) =>
  document('McpServer', name, { url: 'https://tools.example/mcp', transport: 'streamable-http' }, tags);
const found = (...documents: ReturnType<typeof document>[]) => {
  const [own, shared] = ['acme', 'platform'].map((tenant) =>
    documents.filter(({ metadata }) => metadata.tenant === tenant),
  ) as [typeof documents, typeof documents];
  const revisions = { policyRevision: 1, platformRevision: 1 };
  return documentFindings(compile({ tenant: 'acme', documents: own, platformDocuments: shared, ...revisions }), NOW);
};

it('a prompt or server without env is a finding of its tenant, and names it', () => {
  const documents = [prompt('a'), prompt('b', { env: 'production' }), server('tools', { team: 'x' })];
  expect(found(...documents).map((each) => 'document' in each && each.document)).toEqual([
    'Prompt/a',
    'McpServer/tools',
  ]);
  expect(found(prompt('a'))).toMatchObject([
    { kind: 'document-untagged', tenantId: 'acme', at: '2026-11-28T09:00:00.000Z' },
  ]);
});

it('what the platform shares is none of a tenant', () => {
  expect(found(prompt('p', undefined, 'platform'))).toEqual([]);
});

it('the same document is the same finding, whatever else changes', () => {
  const ids = [found(prompt('a')), found(prompt('a'), prompt('b', { env: 'staging' }))].map(
    ([first]) => first?.findingId,
  );
  expect(ids[0]).toBe(ids[1]);
});
