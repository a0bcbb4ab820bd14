// Who the gateway takes this page for, and how that changes: GET /api/v1/me, POST /login and /logout. No DOM.
//
// The token is sent once and not kept: what stays is the gateway's cookie, which the page cannot read.
import { signal } from '@preact/signals';

export interface Me {
  authenticated: boolean;
  entity_id: string;
  scopes: string[];
}

/** The parts of `fetch` that are used here. */
export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

const kUnreachable = 'The gateway cannot be reached.';

export class Login {
  /** Undefined: not known (yet, or to this gateway). */
  readonly me = signal<Me | undefined>(undefined);
  readonly isOpen = signal(false);
  readonly isBusy = signal(false);
  /** Why the form cannot be closed without a token: nothing can be seen before. */
  readonly isNeeded = signal(false);
  readonly error = signal('');

  #fetch: Fetch;
  #changed: () => void;

  /** `changed` is called when the page's rights are others than before. */
  constructor(changed: () => void, request: Fetch = (path, init) => fetch(path, init)) {
    this.#changed = changed;
    this.#fetch = request;
  }

  /** Asks the gateway, and opens the form if it wants a token. Without an answer nothing changes. */
  async check(): Promise<void> {
    const response = await this.#fetch('/api/v1/me').catch(() => undefined);
    if (!response) return;
    this.me.value = response.ok ? await readMe(response) : undefined;
    const me = this.me.value;
    this.isNeeded.value = isRefusal(response.status) || (me !== undefined && !me.authenticated && !maySubscribe(me));
    if (this.isNeeded.value) this.isOpen.value = true;
  }

  open(): void {
    this.isOpen.value = true;
  }

  close(): void {
    if (this.isNeeded.value) return;
    this.isOpen.value = false;
    this.error.value = '';
  }

  async logIn(token: string): Promise<void> {
    const body = JSON.stringify({ token: token.trim() });
    const response = await this.#post('/login', { body, headers: { 'Content-Type': 'application/json' } });
    if (!response) return;
    if (!response.ok) {
      this.error.value = await refusalText(response);
      return;
    }
    this.me.value = await readMe(response);
    this.isNeeded.value = false;
    this.close();
    this.#changed();
  }

  async logOut(): Promise<void> {
    if (!(await this.#post('/logout'))) return;
    await this.check();
    this.#changed();
  }

  async #post(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    this.isBusy.value = true;
    this.error.value = '';
    const response = await this.#fetch(path, { method: 'POST', ...init }).catch(() => undefined);
    this.isBusy.value = false;
    if (!response) this.error.value = kUnreachable;
    return response;
  }
}

const isRefusal = (status: number) => status === 401 || status === 403;
const maySubscribe = ({ scopes }: Me) => scopes.some((scope) => scope === '*' || scope.startsWith('subscribe:'));

async function readMe(response: Response): Promise<Me | undefined> {
  const me = (await response.json().catch(() => undefined)) as Me | undefined;
  return me && typeof me.entity_id === 'string' && Array.isArray(me.scopes) ? me : undefined;
}

async function refusalText(response: Response): Promise<string> {
  const body = (await response.json().catch(() => undefined)) as { error?: { message?: unknown } } | undefined;
  const message = body?.error?.message;
  return typeof message === 'string' ? `Not accepted: ${message}` : `Not accepted (HTTP ${response.status}).`;
}
