// What an event says, in one line. Pure.
import type { Cell0Event } from '../../client/index.js';
import { fields } from './phrases.js';
import { kSentences } from './sentences.js';

export const kSummaryCharsMax = 400;

/** The type's sentence; its first fields, where it has none or the data is not what the sentence speaks of. */
export function summarise({ type, data }: Cell0Event): string {
  return oneLine(sentence(type, data) || fields(data, '  '));
}

function sentence(type: string, data: Record<string, unknown>): string {
  if (!Object.hasOwn(kSentences, type)) return '';
  try {
    return kSentences[type as keyof typeof kSentences](data as never);
  } catch {
    return '';
  }
}

function oneLine(line: string): string {
  // Controls would break the line or, as bidirectional overrides, make it lie about its order.
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim().slice(0, kSummaryCharsMax);
}
