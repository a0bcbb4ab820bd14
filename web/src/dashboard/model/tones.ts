// Which colour a type has. Colours are CSS classes, `tone-<name>`; their values are in styles/tones.css. Pure.

const kToneOfType: Record<string, string> = {
  system_status: 'blue',
  chat_message: 'green',
  model_activity: 'violet',
  mcic_event: 'orange',
  log_stream: 'slate',
  heartbeat: 'rose',
  client_connect: 'teal',
  client_disconnect: 'amber',
};

/** Families of types (by their first word) keep together. */
const kToneOfFamily: Record<string, string> = {
  system: 'blue', component: 'blue', integration: 'blue', performance: 'amber', latency: 'amber',
  llm: 'violet', stt: 'cyan', tts: 'cyan', audio: 'cyan', voice: 'cyan',
  chat: 'green', channel: 'green', agent: 'teal', presence: 'rose', token: 'amber', neolith: 'lime', coda: 'cyan', arcane: 'pink',
  cell0d: 'blue', channels: 'green', users: 'slate', tool: 'orange', memory: 'pink', conversation: 'green', session: 'teal', stream: 'lime', task: 'lime', spell: 'pink',
};

const kSpareTones = ['cyan', 'pink', 'lime', 'indigo', 'rust', 'teal'] as const;

/** The same for the same type, always. */
export function toneOf(type: string): string {
  if (Object.hasOwn(kToneOfType, type)) return kToneOfType[type]!;
  const family = type.split(/[_.]/, 1)[0]!;
  if (Object.hasOwn(kToneOfFamily, family)) return kToneOfFamily[family]!;
  let hash = 0;
  for (const letter of type) hash = (hash * 31 + letter.codePointAt(0)!) >>> 0;
  return kSpareTones[hash % kSpareTones.length]!;
}
