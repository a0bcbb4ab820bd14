// Writes src/client/event_types.ts out of proto/cell0/v1/event.proto: the data of every event type, and its family.
//
//   npm run event-types
//
// Reads the small part of the language that event.proto uses; what it cannot read is an error, not a guess. A test
// compares the file with what this makes (test/client/event_types.test.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const kSchema = new URL('../../proto/cell0/v1/event.proto', import.meta.url);
const kTypes = new URL('../src/client/event_types.ts', import.meta.url);

/** Families by the first field number of each section of Envelope.payload. */
const kFamilies = [
  [16, 'cell0d'],
  [32, 'coda'],
  [80, 'arcane'],
  [96, 'neolith'],
  [112, 'channels'],
];
const kScalars = { string: 'string', double: 'number', int64: 'number', uint64: 'number', bool: 'boolean' };
/** What JsonValue fields hold, by what they are when absent. */
const kJsonTypes = { '{}': 'Record<string, unknown>', '[]': 'unknown[]' };

export const schemaText = () => readFileSync(kSchema, 'utf8');
export const typesText = () => readFileSync(kTypes, 'utf8');

/** The text of event_types.ts for that schema. */
export function generate(schema) {
  const messages = readMessages(schema);
  const events = readEvents(schema);
  const bodies = events.map(({ name, message }) => `  ${name}: ${objectType(message, messages, 1)};`);
  const families = events.map(({ name, family }) => `  ${name}: '${family}',`);
  return `// The event types of proto/cell0/v1/event.proto: made by scripts/event_types.mjs, never by hand.

/** Data of each event type that cell0 knows, as gateways render it. Fields that a gateway adds later are allowed. */
export interface EventData {
${bodies.join('\n')}
}

/** Each event type's family: the system it comes from. Types that are not here are their users' own. */
export const kEventFamilies = {
${families.join('\n')}
} as const satisfies Record<keyof EventData, string>;
`;
}

/** Every payload of Envelope, in the schema's order. */
function readEvents(schema) {
  const payload = schema.match(/oneof payload \{([\s\S]*?)\n {2}\}/)?.[1];
  if (!payload) throw new Error('event.proto: no "oneof payload"');
  const events = [...payload.matchAll(/^\s*(\w+) (\w+) = (\d+) \[\(event\)/gm)];
  return events.map(([, message, name, number]) => {
    const family = kFamilies.findLast(([first]) => Number(number) >= first)?.[1];
    if (!family) throw new Error(`event.proto: ${name} = ${number} is of no family`);
    return { name, message, family };
  });
}

function readMessages(schema) {
  const text = schema.replace(/\/\/.*$/gm, '').replace(/oneof payload \{[\s\S]*?\n {2}\}/, '');
  const messages = new Map();
  for (const [, name, body] of text.matchAll(/^message (\w+) \{((?:[^{}]|\{[^{}]*\}|"\{\}")*)\}/gm)) {
    messages.set(name, { body, isCamel: body.includes('(camel_case) = true') });
  }
  return messages;
}

function readFields(message, body) {
  const fields = [...body.matchAll(/\b(optional|repeated) (\w+) (\w+) = \d+\s*(?:\[([\s\S]*?)\])?;/g)];
  const numbers = body.match(/\w = \d+\s*[;[]/g)?.length ?? 0;
  if (fields.length !== numbers) {
    throw new Error(`event.proto: ${message} has ${numbers} fields, ${fields.length} of them could be read`);
  }
  return fields.map(([, label, type, name, options = '']) => ({
    name,
    type,
    isRepeated: label === 'repeated',
    isRequired: /required(: | = )true/.test(options),
    whenAbsent: options.match(/default_json(?:: | = )"((?:[^"\\]|\\.)*)"/)?.[1].replaceAll('\\"', '"'),
    oneOf: [...options.matchAll(/one_of: "(\w+)"/g)].map(([, value]) => value),
  }));
}

function objectType(name, messages, depth) {
  const message = messages.get(name);
  if (!message) throw new Error(`event.proto: no message ${name}`);
  const indent = '  '.repeat(depth);
  const lines = readFields(name, message.body).map((field) => {
    const isThere = field.isRequired || field.isRepeated || field.whenAbsent !== undefined;
    const key = message.isCamel ? field.name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()) : field.name;
    const type = fieldType(field, messages, depth + 1);
    return `${indent}  ${key}${isThere ? '' : '?'}: ${type}${isThere && field.whenAbsent !== 'null' ? '' : ' | null'};\n`;
  });
  return `{\n${lines.join('')}${indent}}`.replaceAll('unknown | null', 'unknown');
}

function fieldType(field, messages, depth) {
  if (field.type === 'JsonValue') return kJsonTypes[field.whenAbsent] ?? 'unknown';
  if (field.oneOf.length > 0) return field.oneOf.map((value) => `'${value}'`).join(' | ');
  const one = kScalars[field.type] ?? objectType(field.type, messages, depth);
  return field.isRepeated ? `${one}[]` : one;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(kTypes, generate(schemaText()));
