// Asks for a token, where the gateway wants one or the reader wants more rights.
import { useEffect, useRef } from 'preact/hooks';
import type { Login } from '../model/login.js';

const kErrorId = 'login-error';

export function LoginForm({ login }: { login: Login }) {
  const field = useRef<HTMLInputElement>(null);
  const isOpen = login.isOpen.value;
  useEffect(() => {
    if (isOpen) field.current?.focus();
  }, [isOpen]);
  if (!isOpen) return null;

  const error = login.error.value;
  const submit = (event: Event) => {
    event.preventDefault();
    const input = field.current!;
    void login.logIn(input.value).then(() => {
      if (login.error.value) input.select();
    });
  };
  return (
    <form class="login" aria-labelledby="login-title" onSubmit={submit}>
      <h2 id="login-title">{login.isNeeded.value ? 'This gateway wants a token' : 'Log in'}</h2>
      <p class="quiet">The gateway keeps it in a cookie that this page cannot read.</p>
      <label for="login-token">Token</label>
      <input
        id="login-token"
        ref={field}
        type="password"
        name="token"
        autocomplete="current-password"
        spellcheck={false}
        required
        aria-invalid={error !== ''}
        aria-describedby={error ? kErrorId : undefined}
      />
      <p id={kErrorId} class="login-error" role="alert">
        {error}
      </p>
      <div class="login-buttons">
        <button type="submit" class="button" disabled={login.isBusy.value}>
          {login.isBusy.value ? 'Logging in' : 'Log in'}
        </button>
        {!login.isNeeded.value && (
          <button type="button" class="button" onClick={() => login.close()}>
            Cancel
          </button>
        )}
      </div>
    </form>
  );
}

/** Who the gateway takes this page for, and the way to change that. Nothing, where it does not say. */
export function Account({ login }: { login: Login }) {
  const me = login.me.value;
  if (!me) return null;
  if (!me.authenticated) {
    return (
      <button type="button" class="button" aria-expanded={login.isOpen.value} onClick={() => login.open()}>
        Log in
      </button>
    );
  }
  return (
    <>
      <span class="quiet account">{me.entity_id}</span>
      <button type="button" class="button" disabled={login.isBusy.value} onClick={() => void login.logOut()}>
        Log out
      </button>
    </>
  );
}
