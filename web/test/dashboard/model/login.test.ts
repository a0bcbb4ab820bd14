// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';
import { Login } from '../../../src/dashboard/model/login.js';

let answers: Record<string, () => Response>;
let asked: [string, RequestInit | undefined][];
let changes: number;
let login: Login;

const json = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });
const me = (authenticated: boolean, scopes: string[]) => ({ authenticated, entity_id: 'ada', scopes });

beforeEach(() => {
  answers = {};
  asked = [];
  changes = 0;
  login = new Login(
    () => (changes += 1),
    async (path, init) => {
      asked.push([path, init]);
      const answer = answers[path];
      if (!answer) throw new TypeError('network');
      return answer();
    },
  );
});

describe('check', () => {
  it.each([
    ['is refused', 401, {}, true],
    ['is forbidden', 403, {}, true],
    ['may see nothing', 200, me(false, ['presence:read']), true],
    ['is anonymous and may look', 200, me(false, ['subscribe:>']), false],
    ['has a token', 200, me(true, ['publish:events.*']), false],
    ['may do everything', 200, me(false, ['*']), false],
    ['is not told (an older gateway)', 404, {}, false],
    ['meets a gateway in trouble', 503, {}, false],
  ])('opens the form if the page %s: %d', async (_why, status, body, isNeeded) => {
    answers['/api/v1/me'] = json(status, body);
    await login.check();
    expect(login.isNeeded.value).toBe(isNeeded);
    expect(login.isOpen.value).toBe(isNeeded);
  });

  it('changes nothing without an answer', async () => {
    answers['/api/v1/me'] = json(401, {});
    await login.check();
    delete answers['/api/v1/me'];
    await login.check();
    expect(login.isOpen.value).toBe(true);
  });

  it('takes no half an answer for one', async () => {
    answers['/api/v1/me'] = () => new Response('<html>', { status: 200 });
    await login.check();
    expect(login.me.value).toBeUndefined();
    expect(login.isOpen.value).toBe(false);
  });
});

describe('logging in', () => {
  beforeEach(async () => {
    answers['/api/v1/me'] = json(401, {});
    await login.check();
  });

  it('sends the token once, as JSON, and closes the form', async () => {
    answers['/login'] = json(200, me(true, ['*']));
    await login.logIn(' cell0_abc\n');
    const [path, init] = asked.at(-1)!;
    expect([path, init?.method, init?.body]).toEqual(['/login', 'POST', '{"token":"cell0_abc"}']);
    expect(init?.headers).toEqual({ 'Content-Type': 'application/json' });
    expect(login.isOpen.value).toBe(false);
    expect(login.me.value?.entity_id).toBe('ada');
    expect(changes).toBe(1);
  });

  it('says why a token is not accepted, and stays open', async () => {
    answers['/login'] = json(401, { error: { code: 'unauthenticated', message: 'token: expired' } });
    await login.logIn('old');
    expect(login.error.value).toBe('Not accepted: token: expired');
    answers['/login'] = () => new Response('', { status: 400 });
    await login.logIn('old');
    expect(login.error.value).toBe('Not accepted (HTTP 400).');
    delete answers['/login'];
    await login.logIn('old');
    expect(login.error.value).toBe('The gateway cannot be reached.');
    expect(login.isOpen.value).toBe(true);
    expect(login.isBusy.value).toBe(false);
    expect(changes).toBe(0);
  });

  it('cannot be put off where nothing can be seen without', () => {
    login.close();
    expect(login.isOpen.value).toBe(true);
  });
});

describe('logging out', () => {
  it('asks again who the page is', async () => {
    answers['/logout'] = () => new Response(null, { status: 204 });
    answers['/api/v1/me'] = json(200, me(false, ['subscribe:>']));
    await login.logOut();
    expect(login.me.value?.authenticated).toBe(false);
    expect(changes).toBe(1);
  });
});
