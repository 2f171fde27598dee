import { expect, it } from 'vitest';
import { Refusal } from '../refusals/refusal.js';
import { readCredential } from './read-credential.js';

const read = (...headers: string[]) => {
  const answer = readCredential(headers);
  return answer instanceof Refusal ? answer.code : answer;
};

it.each([
  [['Authorization', 'Bearer k1'], 'k1'],
  [['authorization', 'bearer   k1'], 'k1'],
  [['X-Api-Key', 'k1'], 'k1'],
  [['api-key', ' k1 '], 'k1'],
  [['Authorization', 'Bearer k1', 'x-api-key', 'k1'], 'k1'],
  [['Authorization', 'Basic dXNlcjpwYXNz'], 'Basic dXNlcjpwYXNz'],
  [[], 'missing_credentials'],
  [['Authorization', 'Bearer '], 'missing_credentials'],
  [['Authorization', ''], 'missing_credentials'],
  [['x-api-key', ' '], 'missing_credentials'],
  [['Authorization', 'Bearer k1', 'x-api-key', 'k2'], 'ambiguous_credentials'],
  [['Authorization', 'Bearer k1', 'Authorization', 'Bearer k2'], 'ambiguous_credentials'],
  [['api-key', 'k1', 'x-api-key', 'k2'], 'ambiguous_credentials'],
  [['Authorization', 'Basic x', 'api-key', 'k2'], 'ambiguous_credentials'],
])('%j → %s', (headers, expected) => expect(read(...headers)).toBe(expected));

it('keeps so much of a credential that a longer one than any accepted one is not taken for it', () => {
  expect(read('x-api-key', 'k'.repeat(100_000))).toHaveLength(8_193);
});
