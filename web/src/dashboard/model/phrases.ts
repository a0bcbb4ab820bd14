// Values as people read them: the parts that sentences are made of. Pure; whatever arrives, they do not throw.

export const kPhraseCharsMax = 400;

type Data = Record<string, unknown>;

/** What a value says; nothing for null and undefined, JSON for what has parts. */
export function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.length > kPhraseCharsMax ? value.slice(0, kPhraseCharsMax) : value;
  return typeof value === 'object' ? JSON.stringify(value).slice(0, kPhraseCharsMax) : String(value);
}

/** `inference_started` → `inference started`. */
export function words(value: unknown): string {
  return text(value).replaceAll('_', ' ');
}

export function quoted(value: unknown): string {
  return `“${text(value).trim()}”`;
}

/** The parts that say something, with `between` between them; false and 0 say nothing. */
export function join(between: string, ...parts: unknown[]): string {
  return parts.filter(Boolean).map(text).filter(Boolean).join(between);
}

/** ` (a, b)`, or nothing if none of them says anything. */
export function aside(...parts: unknown[]): string {
  const inside = join(', ', ...parts);
  return inside && ` (${inside})`;
}

/** `: text`, or nothing. */
export function after(value: unknown): string {
  const said = text(value);
  return said && `: ${said}`;
}

export function object(value: unknown): Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

export function list(value: unknown): string {
  return Array.isArray(value) ? value.map(text).join(', ') : text(value);
}

/** The members of an object, the first few: `grid 128, block 32`. */
export function fields(data: Data, between = ', ', countMax = 6): string {
  return Object.entries(data)
    .filter(([, value]) => value !== null && value !== '')
    .slice(0, countMax)
    .map(([name, value]) => `${name} ${text(value)}`)
    .join(between);
}

/** `3 words`, `1 word`; nothing without a number. */
export function count(value: unknown, one: string, several = `${one}s`): string {
  if (typeof value !== 'number') return '';
  return `${value.toLocaleString('en')} ${value === 1 ? one : several}`;
}

/** `87 %` of a share of 1; nothing without a number. */
export function share(value: unknown): string {
  return typeof value === 'number' ? `${Math.round(value * 100)} %` : '';
}

/** A number as short as it is useful: `12`, `12.5`, `0.03`; with its unit. Nothing without a number. */
export function amount(value: unknown, unit = ''): string {
  if (typeof value !== 'number') return text(value);
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 1 ? 1 : 2;
  return `${Number(value.toFixed(digits)).toLocaleString('en')}${unit && ` ${unit}`}`;
}

/** `812 ms`, `1.2 s`, `2 min 5 s`; nothing without a number. */
export function lasted(milliseconds: unknown): string {
  if (typeof milliseconds !== 'number') return '';
  if (milliseconds < 1_000) return amount(milliseconds, 'ms');
  return milliseconds < 60_000 ? amount(milliseconds / 1_000, 's') : durationText(milliseconds / 1_000);
}

/** `3 d 4 h`, `2 h 5 min`, `4 min 10 s`, `12 s`: the two largest units. */
export function durationText(seconds: number): string {
  const s = Math.floor(Math.max(0, seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

/** `up 2 h 5 min`; nothing if it is not known. */
export function up(seconds: unknown): string {
  return typeof seconds === 'number' && seconds > 0 ? `up ${durationText(seconds)}` : '';
}

/** What a message of free form says: its text, if it has one where people put it, or its members. */
export function said(message: unknown): string {
  if (typeof message !== 'object' || message === null) return text(message);
  const { text: inText, message: inMessage, content, output } = message as Data;
  const words_ = [inText, inMessage, content, output].find((value) => typeof value === 'string' && value !== '');
  return words_ === undefined ? fields(object(message)) || text(message) : text(words_);
}
