import { describe, expect, it } from 'vitest';
import { eventRow } from '../../../src/dashboard/model/row.js';
import { durationText, kSummaryCharsMax, summarise } from '../../../src/dashboard/model/summary.js';
import { event } from '../../support/fake_server.js';

describe('the line of an event', () => {
  it.each([
    { type: 'chat_message', data: { message: 'hi', sender: 'ada' }, line: 'ada: hi' },
    { type: 'model_activity', data: { action: 'inference_started', model_name: 'm' }, line: 'm  inference started' },
    { type: 'mcic_event', data: { event: 'kernel_started', kernel_id: 'k1', payload: { threads: 8 } }, line: 'k1  kernel started  threads 8' },
    { type: 'log_stream', data: { level: 'INFO', message: 'a\nb\tc' }, line: 'INFO  a b c' },
    { type: 'system_status', data: { status: 'ok', uptime: 3_700 }, line: 'ok  up 1 h 1 min' },
    { type: 'heartbeat', data: { client_id: 'server', sequence: 4 }, line: 'server  #4' },
    { type: 'client_disconnect', data: { client_id: 'c', reason: 'timeout' }, line: 'c  timeout' },
    { type: 'anything', data: { a: 1, b: null, c: { d: [2] } }, line: 'a 1  c {"d":[2]}' },
    { type: 'anything', data: {}, line: '' },
    { type: 'toString', data: { a: 1 }, line: 'a 1' },
    { type: 'log_stream', data: { level: 'INFO', message: 'abc\u202egnp' }, line: 'INFO  abc gnp' },
  ])('$type: $line', ({ type, data, line }) => {
    expect(summarise(event(1, type, data))).toBe(line);
  });

  it('is bounded', () => {
    expect(summarise(event(1, 'log_stream', { message: 'x'.repeat(1e6) }))).toHaveLength(kSummaryCharsMax);
  });
});

it.each([
  { type: 'log_stream', data: { level: 'ERROR' }, severity: 'error' },
  { type: 'log_stream', data: { level: 'warning' }, severity: 'warning' },
  { type: 'tool_error', data: {}, severity: 'error' },
  { type: 'log_stream', data: { level: 'INFO' }, severity: 'none' },
])('severity of $type $data.level is $severity', ({ type, data, severity }) => {
  expect(eventRow(event(1, type, data), type).severity).toBe(severity);
});

it.each([
  [0, '0 s'], [59.9, '59 s'], [61, '1 min 1 s'], [7_300, '2 h 1 min'], [90_000, '1 d 1 h'], [-5, '0 s'],
])('%d s is "%s"', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
