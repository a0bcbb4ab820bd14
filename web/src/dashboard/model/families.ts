// Families of event types: the system each comes from, and the types that only their users know. Pure.
import { kEventFamilies } from '../../client/index.js';

export type Family = (typeof kEventFamilies)[keyof typeof kEventFamilies] | 'users';

/** Every family, in the order in which people list them, with what it is called. */
export const kFamilies: readonly { family: Family; name: string; about: string }[] = [
  { family: 'cell0d', name: 'Cell 0', about: 'System, chat, models, kernels, logs, clients' },
  { family: 'coda', name: 'Coda', about: 'Voice conversations, tools, memory, components, figures' },
  { family: 'arcane', name: 'Arcane', about: 'Spells and daemons' },
  { family: 'neolith', name: 'Neolith', about: "Agents' sessions and their tasks" },
  { family: 'channels', name: 'Channels', about: 'Channels, messages between agents, presence' },
  { family: 'users', name: 'Others', about: 'Types that only their users know' },
];

export function familyOf(type: string): Family {
  return Object.hasOwn(kEventFamilies, type) ? kEventFamilies[type as keyof typeof kEventFamilies] : 'users';
}

/**
 * What the page asks for: all that comes unasked, and the types of the schema that a gateway sends only to who names them.
 */
export const kShownTypes: readonly string[] = [
  'all',
  'stt_interim', 'llm_token', 'tts_progress', 'chat_response',
  'session_*', 'task_*', 'stream_*', 'tool_call_*',
  'channel_message', 'agent_message', 'presence_changed',
];
