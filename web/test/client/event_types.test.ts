// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { generate, schemaText, typesText } from '../../scripts/event_types.mjs';
import { kEventFamilies } from '../../src/client/index.js';

it('the types of events are those of the schema (npm run event-types)', () => {
  expect(typesText()).toBe(generate(schemaText()));
});

it('every payload of the envelope is there, with its family', () => {
  const names = [...schemaText().matchAll(/^\s*\w+ (\w+) = \d+ \[\(event\)/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(50);
  expect(Object.keys(kEventFamilies)).toEqual(names);
  expect(kEventFamilies).toMatchObject({
    chat_message: 'cell0d', stt_result: 'coda', spell: 'arcane', stream_chunk: 'neolith', agent_message: 'channels',
  });
});

describe('the reader of the schema', () => {
  const schema = (fields: string) => `
message Envelope {
  oneof payload {
    bytes json = 15;
    Thing thing = 16 [(event) = {durability: DURABLE}];
  }
}
message Thing {
  option (camel_case) = true;
${fields}
}
`;

  it('knows what is always there, what may be absent, and what it may be', () => {
    const text = generate(schema(`
  optional string first_name = 1 [(field).required = true];  // "a comment" = 2;
  optional JsonValue details = 2 [(field).default_json = "{}"];
  optional JsonValue other = 3;
  optional string mode = 4 [(field) = {
    required: true one_of: "a" one_of: "b"}];
  repeated double scores = 5;
  optional int64 count = 6;`));
    expect(text).toContain(`  thing: {
    firstName: string;
    details: Record<string, unknown>;
    other?: unknown;
    mode: 'a' | 'b';
    scores: number[];
    count?: number | null;
  };`);
  });

  it('refuses what it does not know', () => {
    expect(() => generate(schema('  optional Nothing nothing = 1;'))).toThrow('no message Nothing');
    expect(() => generate(schema('  map<string, string> names = 1;'))).toThrow('Thing has 1 fields, 0 of them');
    expect(() => generate('message Other {}')).toThrow('no "oneof payload"');
  });
});
