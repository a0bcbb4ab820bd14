// What an event says, in one line. Pure.
import type { Cell0Event } from '../../client/index.js';

export const kSummaryCharsMax = 400;

type Data = Record<string, unknown>;

/** Types with a sentence of their own; every other type lists its first fields. */
const kSentences: Record<string, (data: Data) => unknown[]> = {
  system_status: (data) => [data['status'], uptimeText(data['uptime'])],
  chat_message: (data) => [`${text(data['sender'])}: ${text(data['message'])}`],
  model_activity: (data) => [data['model_name'], text(data['action']).replaceAll('_', ' ')],
  mcic_event: (data) => [data['kernel_id'], text(data['event']).replaceAll('_', ' '), fields(object(data['payload']))],
  log_stream: (data) => [data['level'], data['message']],
  heartbeat: (data) => [data['client_id'], `#${text(data['sequence'])}`],
  client_connect: (data) => [data['client_id'], data['path']],
  client_disconnect: (data) => [data['client_id'], data['reason']],
};

export function summarise(event: Cell0Event): string {
  const sentence = Object.hasOwn(kSentences, event.type) ? kSentences[event.type] : undefined;
  const parts = sentence ? sentence(event.data).map(text).filter(Boolean) : [fields(event.data)];
  return oneLine(parts.join(kSeparator));
}

const kSeparator = '  ';
const kFieldsMax = 6;

function fields(data: Data): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== '')
    .slice(0, kFieldsMax)
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(kSeparator);
}

function object(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {};
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.length > kSummaryCharsMax ? value.slice(0, kSummaryCharsMax) : value;
  return typeof value === 'object' ? JSON.stringify(value).slice(0, kSummaryCharsMax) : String(value);
}

function uptimeText(seconds: unknown): string {
  return typeof seconds === 'number' && seconds > 0 ? `up ${durationText(seconds)}` : '';
}

/** `3 d 4 h`, `2 h 5 min`, `4 min 10 s`, `12 s`: the two largest units. */
export function durationText(seconds: number): string {
  const s = Math.floor(Math.max(0, seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

function oneLine(line: string): string {
  // Controls would break the line or, as bidirectional overrides, make it lie about its order.
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').slice(0, kSummaryCharsMax);
}
