import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Page } from '../../support/page.js';

let page: Page;

beforeEach(() => {
  page = new Page();
  page.do(() => page.server.socket.welcome());
});

afterEach(() => page.close());

function say(count: number, type = 'log_stream', data: Record<string, unknown> = { level: 'INFO', message: 'm' }) {
  page.do(() => {
    for (let i = 0; i < count; i += 1) page.server.socket.event(nextSeq++, type, data);
  });
}
let nextSeq = 1;

const count = (type: string) => page.get(`.filter[data-type="${type}"] .count`).textContent;

describe('events', () => {
  it('appear as rows with the colour of their type, their source and their line', () => {
    say(1, 'chat_message', { message: 'hello', sender: 'ada' });
    const row = page.get('.row[data-type="chat_message"]');
    expect(row.classList.contains('tone-green')).toBe(true);
    expect(row.textContent).toContain('chat_message');
    expect(row.querySelector('.summary')?.textContent).toBe('ada: hello');
    expect(row.querySelector('.source')?.textContent).toBe('test');
  });

  it('are never markup', () => {
    say(1, 'chat_message', { message: '<img src=x onerror=alert(1)>', sender: 'eve' });
    expect(page.root.querySelector('img')).toBeNull();
    expect(page.texts('.summary')).toEqual(['eve: <img src=x onerror=alert(1)>']);
  });

  it('in thousands are a few dozen elements', () => {
    say(5_000);
    expect(page.root.querySelectorAll('.row').length).toBeLessThan(60);
    expect(page.get('.canvas').style.height).toBe(`${5_000 * 30}px`);
    expect(page.get('.shown').textContent).toBe('5,000 held');
  });

  it('open to their JSON and close again, and opening pauses the list', () => {
    say(1, 'chat_message', { message: 'hello', sender: 'ada' });
    page.do(() => page.get('.opener').click());
    expect(JSON.parse(page.get('.details pre').textContent!)).toMatchObject({ data: { sender: 'ada' } });
    expect(page.get('.opener').getAttribute('aria-expanded')).toBe('true');
    expect(page.dashboard.following.value).toBe(false);
    page.do(() => page.get('.row').click());
    expect(page.root.querySelector('.details')).toBeNull();
  });
});

describe('filters', () => {
  it('show the eight types from the start and others as they appear', () => {
    expect(page.root.querySelectorAll('.types .filter')).toHaveLength(8);
    say(2, 'novelty', {});
    expect(count('novelty')).toBe('2');
  });

  it('hide a type and go on counting it', () => {
    say(3);
    say(1, 'chat_message', { message: 'hello', sender: 'ada' });
    page.do(() => page.get('.filter[data-type="log_stream"] .filter-switch').click());
    expect(page.texts('.row .badge')).toEqual(['chat_message']);
    say(2);
    expect(count('log_stream')).toBe('5');
    expect(page.texts('.row .badge')).toEqual(['chat_message']);
    page.do(() => page.get('.panel-head .link').click());
    expect(page.root.querySelectorAll('.row')).toHaveLength(6);
  });

  it('can show one type only', () => {
    say(3);
    say(1, 'chat_message', { message: 'hello', sender: 'ada' });
    page.do(() => page.get('.filter[data-type="chat_message"] .only').click());
    expect(page.texts('.row .badge')).toEqual(['chat_message']);
  });

  it('hide a family, count it, and can show one family only', () => {
    say(2);
    say(3, 'stt_result', { text: 'hello', confidence: 1, duration_ms: 5 });
    say(1, 'novelty', { a: 1 });
    const family = (name: string) => page.get(`[data-family="${name}"]`);
    expect(['cell0d', 'coda', 'arcane', 'users'].map((name) => family(name).querySelector('.count')?.textContent)).toEqual(
      ['2', '3', '0', '1'],
    );
    page.do(() => family('coda').querySelector<HTMLElement>('.filter-switch')!.click());
    expect(family('coda').querySelector('.filter-switch')?.getAttribute('aria-pressed')).toBe('false');
    expect(page.texts('.row .badge')).toEqual(['log_stream', 'log_stream', 'novelty']);
    expect(page.get('.shown').textContent).toBe('3 of 6');
    page.do(() => family('users').querySelector<HTMLElement>('.only')!.click());
    expect(page.texts('.row .badge')).toEqual(['novelty']);
    page.do(() => page.get('.panel-head .link').click());
    expect(page.texts('.row .badge')).toHaveLength(6);
  });

  it('search in all of an event', () => {
    say(1, 'log_stream', { level: 'INFO', message: 'one', logger: 'needle' });
    say(1, 'log_stream', { level: 'INFO', message: 'two' });
    const input = page.get('#search') as HTMLInputElement;
    page.do(() => {
      input.value = 'NEEDLE';
      input.dispatchEvent(new Event('input'));
    });
    expect(page.texts('.summary')).toEqual(['INFO: one']);
    expect(page.get('.shown').textContent).toBe('1 of 2');
  });
});

describe('the connection', () => {
  it('shows that it was lost, when it tries again, and what came of it', () => {
    page.do(() => page.server.socket.event(nextSeq++));
    page.do(() => page.server.socket.drop());
    expect(page.get('.connection').dataset['phase']).toBe('waiting');
    expect(page.get('.connection').textContent).toContain('Reconnecting: connection lost');
    expect(page.get('.countdown').textContent).toBe('attempt 2 in 0.3 s');
    page.do(() => page.get('.connection .button').click());
    expect(page.get('.connection').textContent).toContain('Connecting, attempt 2');
    page.do(() => page.server.socket.welcome());
    page.do(() => page.server.socket.say({ type: 'events_resumed', recovered: false, first_seq: null, last_seq: null }));
    expect(page.get('.connection').textContent).toContain('Live');
    expect(page.texts('.notice-text')).toEqual([
      'Connection lost: connection lost.',
      'Connected again. Some of what happened meanwhile is no longer held.',
    ]);
  });

  it('shows what was skipped as a row', () => {
    const notice = { from_seq: 3, to_seq: 900, priority_above: 5, count: 1200, reason: 'slow' };
    page.do(() => page.server.socket.say({ type: 'events_skipped', ...notice }));
    expect(page.texts('.notice-warning .notice-text')).toEqual([
      '1,200 events of priority 6 and lower urgency skipped, seq 3 to 900: this page could not keep up.',
    ]);
  });

  it('counts the daemons and sessions that are there, and names them', () => {
    say(1, 'spell', { spell_name: 'summon', daemon_name: 'claude', success: true });
    say(1, 'session_spawned', { session: { id: 's1', status: 'running' } });
    const figure = (name: string) => page.get(`[data-stat="${name}"]`);
    expect([figure('daemons').textContent, figure('daemons').parentElement!.title]).toEqual(['1', 'claude']);
    expect([figure('sessions').textContent, figure('sessions').parentElement!.title]).toEqual(['1', 's1']);
  });

  it('asks for figures and shows them', async () => {
    const stats = {
      connected_clients: 3, total_connections: 1_234, messages_sent: 5, messages_received: 6,
      start_time: new Date(page.clock.now() - 125_000).toISOString(), client_ids: [],
    };
    page.server.socket.say({ type: 'server_stats', stats });
    await Promise.resolve();
    await Promise.resolve();
    page.do(() => {});
    const figure = (name: string) => page.get(`[data-stat="${name}"]`).textContent;
    expect([figure('connections'), figure('connections-total'), figure('uptime')]).toEqual(['3', '1,234', '2 min 5 s']);
  });
});

describe('keys', () => {
  it('Ctrl+C disconnects and connects', () => {
    expect(page.press('c', { ctrlKey: true }).defaultPrevented).toBe(true);
    expect(page.get('.connection').dataset['phase']).toBe('idle');
    page.press('c', { ctrlKey: true });
    expect(page.get('.connection').dataset['phase']).toBe('connecting');
  });

  it('Ctrl+C stays a copy in a field and with text selected', () => {
    expect(page.press('c', { ctrlKey: true }, page.get('#search')).defaultPrevented).toBe(false);
    say(1);
    getSelection()!.selectAllChildren(page.get('.summary'));
    expect(page.press('c', { ctrlKey: true }).defaultPrevented).toBe(false);
    getSelection()!.removeAllRanges();
    expect(page.get('.connection').dataset['phase']).toBe('open');
  });

  it('Ctrl+Shift+C and Cmd+C are none of ours', () => {
    expect(page.press('C', { ctrlKey: true, shiftKey: true }).defaultPrevented).toBe(false);
    expect(page.press('c', { metaKey: true }).defaultPrevented).toBe(false);
    expect(page.get('.connection').dataset['phase']).toBe('open');
  });

  it('Ctrl+K clears rows and counts', () => {
    say(3);
    expect(page.press('k', { ctrlKey: true }).defaultPrevented).toBe(true);
    expect(page.root.querySelectorAll('.row')).toHaveLength(0);
    expect(count('log_stream')).toBe('0');
    expect(page.get('.empty').textContent).toBe('Waiting for the first event.');
    say(1);
    expect(count('log_stream')).toBe('1');
  });

  it('"/" goes to the search', () => {
    page.press('/');
    expect(document.activeElement?.id).toBe('search');
  });

  it('arrows go from row to row', () => {
    say(3);
    const list = page.get('.list');
    list.focus();
    page.press('ArrowDown', {}, list);
    page.press('ArrowDown', {}, document.activeElement as HTMLElement);
    expect(document.activeElement?.closest<HTMLElement>('[data-number]')?.dataset['number']).toBe('1');
    page.press('ArrowUp', {}, document.activeElement as HTMLElement);
    expect(document.activeElement?.closest<HTMLElement>('[data-number]')?.dataset['number']).toBe('0');
  });
});

describe('following', () => {
  function scrollTo(px: number) {
    const list = page.get('.list');
    Object.defineProperty(list, 'scrollHeight', { configurable: true, value: page.dashboard.view.size * 30 });
    page.do(() => {
      list.scrollTop = px;
      list.dispatchEvent(new Event('scroll'));
    });
  }

  it('stays at the newest row until one scrolls up; then counts what is new', () => {
    say(100);
    expect(page.get('.list').scrollTop).toBe(100 * 30 - 600);
    scrollTo(1_000);
    expect(page.get('.follow').getAttribute('aria-pressed')).toBe('false');
    say(7);
    expect(page.get('.list').scrollTop).toBe(1_000);
    expect(page.get('.new').textContent).toContain('7 new');
    page.do(() => page.get('.new').click());
    expect(page.get('.list').scrollTop).toBe(107 * 30 - 600);
    expect(page.root.querySelector('.new')).toBeNull();
  });

  it('begins again when one scrolls to the end', () => {
    say(100);
    scrollTo(1_000);
    scrollTo(100 * 30 - 600);
    expect(page.dashboard.following.value).toBe(true);
  });

  it('paused, keeps the row in sight while old ones fall out of the log', () => {
    page.close();
    page = new Page({ rowsMax: 200, charsMax: 1e9 });
    page.do(() => page.server.socket.welcome());
    say(200);
    scrollTo(3_000);
    const before = page.texts('.window .row').length;
    say(40);
    expect(page.get('.list').scrollTop).toBe(3_000 - 40 * 30);
    expect(page.texts('.window .row').length).toBe(before);
  });
});
