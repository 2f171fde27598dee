import { html } from './html.js';
import { page } from './page.js';

type Login = {
  readonly action: string;
  readonly token: string;
  readonly clientName: string;
  readonly email: string;
  /** Said above the form after a try that failed. */
  readonly failure?: string | undefined;
};

/** Asks for e-mail address and password. The address that was typed stays; the password does not. */
export function loginPage({ action, token, clientName, email, failure }: Login): string {
  return page(
    'Log in',
    html`<p>to continue to <strong>${clientName}</strong></p>
      ${failure === undefined ? undefined : html`<p class="alert" role="alert">${failure}</p>`}
      <form method="post" action="${action}/login">
        <input type="hidden" name="csrf" value="${token}" />
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" autocomplete="username" maxlength="254" value="${email}" required />
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required />
        <button type="submit">Log in</button>
      </form>
      <form method="post" action="${action}/abort">
        <input type="hidden" name="csrf" value="${token}" /><button type="submit">Cancel</button>
      </form>`,
  );
}
