import { act } from 'preact/test-utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Page } from '../../support/page.js';

let page: Page;

beforeEach(() => {
  page = new Page();
  page.do(() => page.server.socket.welcome());
});

afterEach(() => page.close());

const json = (status: number, body: unknown) => new Response(JSON.stringify(body), { status });
const buttons = () => page.texts('.header .button');

async function check(): Promise<void> {
  await act(() => page.login.check());
}

async function submit(token: string): Promise<void> {
  const input = page.get('#login-token') as HTMLInputElement;
  input.value = token;
  await act(async () => {
    page.get('.login').dispatchEvent(new Event('submit', { cancelable: true, bubbles: true }));
    for (let i = 0; i < 20; ++i) await Promise.resolve();
  });
}

describe('the form', () => {
  it('is not there on a gateway that wants nothing', async () => {
    page.answer = () => json(200, { authenticated: false, entity_id: 'anonymous', scopes: ['subscribe:>'] });
    await check();
    expect(page.root.querySelector('.login')).toBeNull();
    expect(buttons()).toContain('Log in');
  });

  it('appears on a refusal, labelled, focused and without a way around', async () => {
    page.answer = () => json(401, {});
    await check();
    expect(page.get('#login-title').textContent).toBe('This gateway wants a token');
    expect(document.activeElement).toBe(page.get('#login-token'));
    expect(page.get('label[for="login-token"]').textContent).toBe('Token');
    expect(page.texts('.login-buttons .button')).toEqual(['Log in']);
  });

  it('says why a token was not accepted, then connects with the right one', async () => {
    page.answer = (request, body) => {
      if (request === 'GET /api/v1/me') return json(401, {});
      if (body !== '{"token":"right"}') return json(401, { error: { message: 'token: not valid' } });
      return json(200, { authenticated: true, entity_id: 'ada', scopes: ['*'] });
    };
    await check();
    await submit('wrong');
    expect(page.get('[role="alert"]').textContent).toBe('Not accepted: token: not valid');
    expect(page.get('#login-token').getAttribute('aria-invalid')).toBe('true');
    const sockets = page.server.sockets.length;
    await submit('right');
    expect(page.root.querySelector('.login')).toBeNull();
    expect(page.server.sockets.length).toBe(sockets + 1);
    expect(page.texts('.account')).toEqual(['ada']);
    expect(buttons()).toContain('Log out');
  });

  it('may be opened and closed where a token is only of use', async () => {
    page.answer = () => json(200, { authenticated: false, entity_id: 'anonymous', scopes: ['subscribe:>'] });
    await check();
    const open = [...page.root.querySelectorAll<HTMLElement>('.header .button')].find((b) => b.textContent === 'Log in')!;
    page.do(() => open.click());
    expect(page.get('#login-title').textContent).toBe('Log in');
    page.do(() => page.get('.login-buttons [type="button"]').click());
    expect(page.root.querySelector('.login')).toBeNull();
  });
});
