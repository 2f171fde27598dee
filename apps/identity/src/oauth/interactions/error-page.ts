import type { KoaContextWithOIDC } from 'oidc-provider';
import { html } from './html.js';
import { page, pageHeaders } from './page.js';

type Failure = { readonly error: string; readonly error_description?: string | undefined };

/** Errors that cannot be sent back to a client, for whoever sits at the browser. */
export function renderError(context: KoaContextWithOIDC, failure: Failure): void {
  context.set({ ...pageHeaders() });
  context.body = errorPage(failure);
}

export function errorPage({ error, error_description: detail }: Failure): string {
  return page(
    'This request cannot be granted',
    html`<p>${detail ?? 'Go back to the application and begin again.'}</p>
      <p class="quiet"><code>${error}</code></p>`,
  );
}
