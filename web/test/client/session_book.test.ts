// @vitest-environment node
import { expect, it } from 'vitest';
import { kOutputCharsMax, kSessionsMax, SessionBook } from '../../src/client/session_book.js';
import { session } from '../support/fake_neolith.js';

it('over the bound the oldest that is over is forgotten, or else the oldest', () => {
  const book = new SessionBook();
  for (let i = 0; i < kSessionsMax; i += 1) book.put(session(`s${i}`, i === 3 ? 'completed' : 'running'));
  book.put(session('new'));
  expect(book.find('s3')).toBeUndefined();
  book.put(session('newer'));
  expect(book.find('s0')).toBeUndefined();
  expect(book.sessions).toHaveLength(kSessionsMax);
});

it('of a long text the end is kept', () => {
  const book = new SessionBook();
  book.take('stream_chunk', 's', { sessionId: 's', chunk: 'a'.repeat(kOutputCharsMax) });
  book.take('stream_chunk', 's', { sessionId: 's', chunk: 'end' });
  expect(book.find('s')?.output).toHaveLength(kOutputCharsMax);
  expect(book.find('s')?.output.endsWith('aend')).toBe(true);
});

it('the list of sessions is the same array until one of them changes', () => {
  const book = new SessionBook();
  book.put(session('s'));
  const before = book.sessions;
  book.take('stream_chunk', 's', { sessionId: 's', chunk: 'text' });
  expect(book.sessions).toBe(before);
  book.take('session_status_update', 's', session('s', 'completed'));
  expect(book.sessions).not.toBe(before);
  book.dismiss('s');
  expect(book.sessions).toEqual([]);
});
