// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { decode } from '../../src/client/decode.js';

describe('decode', () => {
  it.each([
    { why: 'a binary frame', input: new ArrayBuffer(2), reason: 'a binary frame' },
    { why: 'not JSON', input: '{', reason: 'not JSON' },
    { why: 'an array', input: '[]', reason: 'not a JSON object' },
    { why: 'null', input: 'null', reason: 'not a JSON object' },
    { why: 'no type', input: '{}', reason: 'no "type"' },
    { why: 'a type that is a number', input: '{"type":1}', reason: 'no "type"' },
    { why: 'an event without its event', input: '{"type":"event"}', reason: 'event: "event" is missing or of the wrong type' },
    {
      why: 'an event without data',
      input: '{"type":"event","event":{"type":"x","timestamp":"t"}}',
      reason: 'event: "event" is missing or of the wrong type',
    },
    {
      why: 'a history with a broken event',
      input: '{"type":"event_history","events":[null]}',
      reason: 'event_history: "events" is missing or of the wrong type',
    },
    {
      why: 'a resume notice whose seq is a text',
      input: '{"type":"events_resumed","recovered":true,"first_seq":"1","last_seq":null}',
      reason: 'events_resumed: "first_seq" is missing or of the wrong type',
    },
  ])('refuses $why', ({ input, reason }) => {
    expect(decode(input)).toEqual({ kind: 'invalid', reason });
  });

  it('passes a message type that it does not know, also one named like a built-in', () => {
    expect(decode('{"type":"novelty"}')).toMatchObject({ kind: 'unknown', type: 'novelty' });
    expect(decode('{"type":"constructor"}')).toMatchObject({ kind: 'unknown', type: 'constructor' });
  });

  it('passes known messages with fields that it does not know', () => {
    const message = { type: 'pong', sequence: 3, timestamp: 't', client_id: 'c', more: true };
    expect(decode(JSON.stringify(message))).toEqual({ kind: 'message', message });
  });
});
