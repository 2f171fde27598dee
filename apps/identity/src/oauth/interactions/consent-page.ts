import { actions, isAction } from '#libs/policy-language';
import { html } from './html.js';
import { page } from './page.js';

type Consent = {
  readonly action: string;
  readonly token: string;
  readonly clientName: string;
  /** Where the answer goes, so that somebody can see it. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly details: readonly object[];
};

const sentences: Readonly<Record<string, string>> = {
  openid: 'Know who you are.',
  offline_access: 'Stay connected while you are away, for up to 30 days.',
};

/** One box per scope; what is unticked is not granted. */
export function consentPage({ action, token, clientName, redirectUri, scopes, details }: Consent): string {
  return page(
    'Allow access?',
    html`<p><strong>${clientName}</strong> asks to act for you, within what you may do yourself:</p>
      <form method="post" action="${action}/consent">
        <input type="hidden" name="csrf" value="${token}" />
        ${scopes.map(
          (scope) =>
            html`<label class="scope">
              <input type="checkbox" name="scope" value="${scope}" checked /> ${sentenceOf(scope)} <code>${scope}</code>
            </label>`,
        )}
        ${details.map(
          (detail, index) =>
            html`<label class="scope">
              <input type="checkbox" name="detail" value="${index}" checked /> Only this:
              <pre>${JSON.stringify(detail)}</pre>
            </label>`,
        )}
        <p class="quiet">You will be sent to <code>${new URL(redirectUri).host}</code>.</p>
        <button type="submit">Allow</button>
      </form>
      <form method="post" action="${action}/abort">
        <input type="hidden" name="csrf" value="${token}" /><button type="submit">Refuse</button>
      </form>`,
  );
}

function sentenceOf(scope: string): string {
  return isAction(scope) ? actions[scope].sentence : (sentences[scope] ?? '');
}
