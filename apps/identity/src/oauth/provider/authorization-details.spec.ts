import { errors } from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { DETAILS_CHARACTERS_MAX, DETAILS_MAX, readDetails } from './authorization-details.js';

const detail = { type: 'gatehouse', actions: ['model:invoke'], resources: ['model:local/*'] };
const read = (value: unknown) => readDetails(JSON.stringify(value));

describe('authorization_details', () => {
  it('are statements of ours, read as they were sent', () => {
    expect(readDetails(undefined)).toBeUndefined();
    const conditional = { ...detail, when: [{ attr: 'request.ip', cidr: '10.0.0.0/8' }] };
    expect(read([detail, conditional])).toEqual([detail, conditional]);
    expect(read(Array.from({ length: DETAILS_MAX }, () => detail))).toHaveLength(DETAILS_MAX);
  });

  it.each<[string, unknown]>([
    ['no list', detail],
    ['an empty list, which would be nothing or everything', []],
    ['null', null],
    ['a member that is null', [null]],
    ['a member that is a list', [[detail]]],
    ['a member that is a text', ['gatehouse']],
    ['another type', [{ ...detail, type: 'payment' }]],
    ['no type', [{ actions: detail.actions, resources: detail.resources }]],
    ['no actions', [{ ...detail, actions: [] }]],
    ['an unknown action', [{ ...detail, actions: ['model:conquer'] }]],
    ['no resources', [{ ...detail, resources: [] }]],
    ['a member that nobody knows', [{ ...detail, tenant: 'globex' }]],
    ['a condition that nobody can read', [{ ...detail, when: [{ attr: 'request.mood', eq: 'good' }] }]],
    ['an effect of its own', [{ ...detail, effect: 'deny' }]],
    ['a good member beside a bad one', [detail, { ...detail, type: 'x' }]],
    ['one too many', Array.from({ length: DETAILS_MAX + 1 }, () => detail)],
    ['more than a header carries', [{ ...detail, resources: [`model:local/${'m'.repeat(DETAILS_CHARACTERS_MAX)}`] }]],
  ])('with %s are refused', (_what, value) => {
    expect(() => read(value)).toThrow(errors.InvalidAuthorizationDetails);
  });

  it.each(['', '[', 'undefined', '[{]'])('that are no JSON are refused: %j', (text) => {
    expect(() => readDetails(text)).toThrow(errors.InvalidAuthorizationDetails);
  });
});
