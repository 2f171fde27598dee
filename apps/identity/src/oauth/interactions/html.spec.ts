import { describe, expect, it } from 'vitest';
import { Html, html } from './html.js';

describe('a page’s template', () => {
  it.each([
    ['an element', '<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['the end of an attribute, in either quote', `" onload='x`, '&quot; onload=&#39;x'],
    ['what looks escaped already', '&lt;b&gt;', '&amp;lt;b&amp;gt;'],
  ])('shows %s as text', (_what, value, shown) => {
    expect(html`<p>${value}</p>`.text).toBe(`<p>${shown}</p>`);
  });

  it('takes in markup that it made, and lists of it, once', () => {
    const items = ['a', '<b>'].map((each) => html`<li>${each}</li>`);
    expect(html`${items}`.text).toBe('<li>a</li><li>&lt;b&gt;</li>');
    expect(html`${html`<i>${'&'}</i>`}`.text).toBe('<i>&amp;</i>');
  });

  it('shows nothing for what is undefined, and numbers as they are', () => {
    expect(html`[${undefined}|${0}]`.text).toBe('[|0]');
  });

  it('does not take an object that only looks like markup for one', () => {
    const forged = { text: '<script>' } as unknown as string;
    expect(html`${forged}`.text).not.toContain('<script>');
    expect(html`${new Html('<br>')}`.text).toBe('<br>');
  });
});
