import { hash } from 'node:crypto';
import { html, Html } from './html.js';

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:30rem;margin:10vh auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.4rem}label{display:block;margin:.8rem 0 .2rem}label.scope{margin:.4rem 0;font-weight:400}
input[type=email],input[type=password]{width:100%;padding:.5rem;box-sizing:border-box;font:inherit}
button{font:inherit;padding:.5rem 1.2rem;margin:1rem .5rem 0 0}.alert{border-left:4px solid #b42318;padding:.2rem .8rem}
code,pre{font-size:.85rem;white-space:pre-wrap;overflow-wrap:anywhere}.quiet{color:#59636e}`;

/** As it is hashed: a formatter's blank would be another style. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
/** What a page brings is itself: no script, no frame, nothing from elsewhere. */
const POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; frame-ancestors 'none'`;

/**
 * Headers of every page of ours.
 * @param redirectUri Where its form may end: browsers count the redirects that follow among a form's targets.
 */
export function pageHeaders(redirectUri?: string): Readonly<Record<string, string>> {
  const target = redirectUri === undefined ? '' : ` ${sourceOf(redirectUri)}`;
  return {
    'content-security-policy': `${POLICY}; form-action 'self'${target}`,
    'content-type': 'text/html; charset=utf-8',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
    // With none at all, browsers send a form without its origin, which is looked at.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

/** A whole page. */
export function page(title: string, body: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} · Gatehouse</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`.text;
}

/** An origin, or the scheme where there is none (an app's own). */
function sourceOf(uri: string): string {
  const { origin, protocol } = new URL(uri);
  return origin === 'null' ? protocol : origin;
}
