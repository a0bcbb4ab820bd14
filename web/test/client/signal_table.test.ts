// @vitest-environment node
import { expect, it, vi } from 'vitest';
import { SignalTable } from '../../src/client/signal_table.js';

it('a listener that throws stops neither the others nor the caller, and is reported', async () => {
  const table = new SignalTable<{ news: number }>();
  const reports: unknown[] = [];
  vi.stubGlobal('queueMicrotask', (report: () => void) => reports.push(report));
  const heard: number[] = [];
  table.on('news', () => {
    throw new Error('mine');
  });
  const stop = table.on('news', (value) => heard.push(value));
  table.emit('news', 1);
  stop();
  table.emit('news', 2);
  vi.unstubAllGlobals();
  expect(heard).toEqual([1]);
  expect(reports).toHaveLength(2);
  expect(reports[0]).toThrow('mine');
});
