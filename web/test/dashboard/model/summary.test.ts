// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { schemaText } from '../../../scripts/event_types.mjs';
import { kEventFamilies } from '../../../src/client/index.js';
import { familyOf, kShownTypes } from '../../../src/dashboard/model/families.js';
import { durationText } from '../../../src/dashboard/model/phrases.js';
import { eventRow } from '../../../src/dashboard/model/row.js';
import { kSentences } from '../../../src/dashboard/model/sentences.js';
import { kSummaryCharsMax, summarise } from '../../../src/dashboard/model/summary.js';
import { event } from '../../support/fake_server.js';

const line = (type: string, data: Record<string, unknown>) => summarise(event(1, type, data));

/** One event of each type, and what the list says of it. */
const kExamples: Record<keyof typeof kSentences, [data: Record<string, unknown>, line: string]> = {
  system_status: [{ status: 'periodic_update', uptime: 3_700, details: { connected_clients: 12 } },
    'System periodic update (up 1 h 1 min, 12 clients)'],
  chat_message: [{ message: 'hi', sender: 'ada' }, 'ada: hi'],
  model_activity: [{ model_name: 'phi-4', action: 'inference_completed', details: { duration_ms: 812, tokens: 128 } },
    'phi-4: inference completed (812 ms, 128 tokens)'],
  mcic_event: [{ event: 'kernel_started', kernel_id: 'k1', payload: { threads: 8, grid: 128 } },
    'k1: kernel started (threads 8, grid 128)'],
  log_stream: [{ level: 'INFO', message: 'a\nb\tc' }, 'INFO: a b c'],
  heartbeat: [{ client_id: 'server', sequence: 4 }, 'server is alive (beat 4)'],
  client_connect: [{ client_id: 'c1', path: '/cell0d' }, 'c1 connected to /cell0d'],
  client_disconnect: [{ client_id: 'c1', reason: 'timeout' }, 'c1 left: timeout'],
  system_info: [{ data: { note: 'ready', round: 1 } }, 'System information: note ready, round 1'],
  system_error: [{ level: 'critical', message: 'out of memory' }, 'System critical: out of memory'],
  system_metrics: [{ memory_mb: 1024.4, cpu_percent: 12.34, gpu_vram_mb: null, uptime_seconds: 65 },
    'CPU 12.3 %, memory 1,024 MB, up 1 min 5 s'],
  stt_start: [{ mode: 'push_to_talk' }, 'Listening (push to talk)'],
  stt_interim: [{ text: 'How many', confidence: 0.5 }, 'Hears “How many” …'],
  stt_result: [{ text: 'How many?', confidence: 0.874, duration_ms: 1_240, language: 'en' },
    'Heard “How many?” (87 % sure, 1.2 s, en)'],
  stt_error: [{ error: 'silence' }, 'Could not understand: silence'],
  llm_start: [{ prompt: 'How many?', model: 'phi-4', temperature: 0.7 }, 'phi-4 was asked: How many?'],
  llm_token: [{ token: 'four', cumulative_text: 'Only four' }, 'Answers “Only four” …'],
  llm_result: [{ text: 'Four.', duration_ms: 950, token_count: 1, tokens_per_second: 30.25 },
    'Answered “Four.” (950 ms, 1 token, 30.3 a second)'],
  llm_error: [{ error: 'context too long' }, 'Could not answer: context too long'],
  tts_start: [{ text: 'Four.', voice_id: 'nova', engine: 'piper' }, 'Begins to say “Four.” (voice nova, piper)'],
  tts_progress: [{ progress_percent: 42 }, 'Speech is 42 % ready'],
  tts_result: [{ duration_ms: 200, audio_duration_ms: 2_000, success: true },
    'Speech is ready (2 s long, made in 200 ms)'],
  tts_error: [{ error: 'unknown voice' }, 'Could not speak: unknown voice'],
  tts_status: [{ status: 'playing' }, 'The voice is playing'],
  memory_store: [{ content_preview: 'ada likes tea', memory_type: 'episodic', importance: 0.5, memory_id: 'm' },
    'Remembers “ada likes tea” (episodic, 50 % important)'],
  memory_retrieve: [{ query: 'tea', results_count: 1, relevance_scores: [0.9] }, 'Recalled 1 memory of “tea”'],
  tool_call: [{ tool_name: 'clock', parameters: { zone: 'UTC' }, call_id: 'c' }, 'Calls the tool clock (zone UTC)'],
  tool_result: [{ tool_name: 'clock', call_id: 'c', result: { hour: 9 }, duration_ms: 3 }, 'clock answered hour 9 (3 ms)'],
  tool_error: [{ tool_name: 'weather', call_id: 'c', error: 'no network' }, 'weather failed: no network'],
  conversation_start: [{ conversation_id: 'v1' }, 'Conversation v1 began'],
  conversation_turn: [{ conversation_id: 'v1', turn_number: 2, user_input: 'Hi', assistant_response: 'Hello' },
    'Turn 2: “Hi” – “Hello”'],
  conversation_end: [{ conversation_id: 'v1', total_turns: 2, duration_seconds: 125 },
    'Conversation v1 ended (2 turns, 2 min 5 s)'],
  chat_response: [{ response: { content: 'Hello' } }, 'Reply: Hello'],
  latency_trace: [{ component: 'llm', operation: 'load_model', duration_ms: 12 }, 'llm took 12 ms to load model'],
  component_timing: [{ component: 'llm', timings: { generate: { mean_ms: 12 }, load: 0.034 } },
    'Timings of llm: generate mean ms 12; load 0.03'],
  component_stats: [{ component_type: 'llm', stats: { calls: 3 } }, 'Figures of llm: calls 3'],
  component_status: [{ component_type: 'stt', state: 'ready', dependencies: ['audio', 'gpu'] },
    'stt is ready (needs audio, gpu)'],
  component_error: [{ component_type: 'tts', error_message: 'unknown voice', error_count: 2, state: 'degraded' },
    'tts failed: unknown voice (2 errors, degraded)'],
  component_health: [{ component_type: 'stt', health_status: { ok: true } }, 'Health of stt: ok true'],
  component_summary: [{ total_components: 4, ready_components: 3, failed_components: 1, integration_health: 0.75 },
    '3 of 4 components ready (1 failed, health 75 %)'],
  integration_metrics: [{ is_active: true, total_events_processed: 1_200, event_handlers_registered: 1 },
    'The integration is active (1,200 events, 1 handler)'],
  performance_alert: [{ severity: 'warning', component: 'llm', message: 'slow', metric_name: 'latency_ms',
    current_value: 1_840, threshold_value: 1_000 }, 'Performance warning of llm: slow (latency ms 1,840, limit 1,000)'],
  performance_metrics: [{ system_metrics: { cpu: 3 }, alerts_count: 1 }, 'Performance: 1 alert (cpu 3)'],
  spell: [{ spell_name: 'invoke', daemon_name: 'gemini', success: true, description: '',
    metadata: { task: 'write a haiku', execution_time: 1.2 } }, 'gemini was invoked: write a haiku (1.2 s)'],
  session_spawned: [{ session: { id: 's1', type: 'demo', status: 'initializing', task: { description: 'look', priority: 'high' } } },
    'Session s1 began (demo, priority high): look'],
  session_status_update: [{ session: { id: 's1', status: 'completed', metrics: { tokensUsed: 5, tasksCompleted: 1 } } },
    'Session s1 is completed (1 task done, 5 tokens)'],
  task_executing: [{ sessionId: 's1', taskId: 't1' }, 'Task t1 runs in s1'],
  task_completed: [{ sessionId: 's1', taskId: 't1', result: { text: 'Done.' } }, 'Task t1 is done: Done.'],
  task_failed: [{ sessionId: 's1', taskId: 't1', error: 'no rule' }, 'Task t1 failed: no rule'],
  stream_start: [{ sessionId: 's1' }, 's1 begins to answer'],
  stream_chunk: [{ sessionId: 's1', chunk: 'Hello', metadata: { type: 'text', index: 0 } }, 's1 says: Hello'],
  stream_end: [{ sessionId: 's1' }, 's1 has answered'],
  tool_call_start: [{ sessionId: 's1', toolName: 'read_file', toolInput: { path: 'a.md' } },
    's1 calls the tool read_file (path a.md)'],
  tool_call_result: [{ sessionId: 's1', toolName: 'read_file', status: 'completed', result: { lines: 3 } },
    'read_file completed for s1: lines 3'],
  channel_message: [{ channel: 'general', message: { text: 'hi' } }, '#general: hi'],
  agent_message: [{ agent_id: 'b', from: 'a', message: { n: 1 } }, 'a to b: n 1'],
  presence_changed: [{ entity_id: 'ada', entity_type: 'user', status: 'do_not_disturb', status_message: 'writing' },
    'ada is do not disturb (user): writing'],
  token_revoked: [{ token_id: 't', expires_us: 1 }, 'Token t was revoked'],
};

describe('the line of an event', () => {
  it.each(Object.entries(kExamples))('%s', (type, [data, expected]) => {
    expect(line(type, data)).toBe(expected);
  });

  it.each(Object.keys(kEventFamilies))('%s has a sentence, which is no JSON and needs no field', (type) => {
    expect(Object.hasOwn(kSentences, type)).toBe(true);
    const [data] = kExamples[type as keyof typeof kSentences];
    expect(line(type, data)).not.toMatch(/[{}"[\]]|undefined|null|NaN/);
    expect(() => line(type, {})).not.toThrow();
    for (const odd of [null, 7, 'text', [1], { a: 1 }]) {
      const everyField = Object.fromEntries(Object.keys(data).map((name) => [name, odd]));
      expect(line(type, everyField)).not.toContain('undefined');
    }
  });

  it.each([
    [{ spell_name: 'summon', daemon_name: 'claude', success: true }, 'claude was summoned'],
    [{ spell_name: 'summon', daemon_name: 'claude', success: false, metadata: { error: 'already there' } },
      'claude could not be summoned: already there'],
    [{ spell_name: 'invoke', daemon_name: null, success: false, description: '' }, 'Nobody could not be invoked: it failed'],
    [{ spell_name: 'banish', daemon_name: 'claude', success: true, metadata: { invocation_count: 3 } },
      'claude was banished (3 invocations)'],
    [{ spell_name: 'parse', success: true, metadata: { spell_text: 'call claude', parsed_action: 'summon' } },
      'Spell “call claude” means summon'],
    [{ spell_name: 'parse', success: false, metadata: { spell_text: 'abc', error: 'no verb' } },
      'Spell “abc” was not understood: no verb'],
    [{ spell_name: 'voice', daemon_name: 'claude', success: true, description: 'I am here', metadata: { event: 'summon', tone: 'calm' } },
      'claude speaks (summon, calm): I am here'],
    [{ spell_name: 'reveal', success: true, metadata: { daemon_count: 3, query_type: 'all' } }, 'Revealed: all, 3 daemons'],
    [{ spell_name: 'route', daemon_name: 'claude', success: true, description: 'on its way' }, 'route: on its way'],
  ])('of the spell $spell_name', (data, expected) => {
    expect(line('spell', data)).toBe(expected);
  });

  it.each([
    { type: 'anything', data: { a: 1, b: null, c: { d: [2] } }, line: 'a 1  c {"d":[2]}' },
    { type: 'anything', data: {}, line: '' },
    { type: 'toString', data: { a: 1 }, line: 'a 1' },
    { type: 'session_spawned', data: { session: null, a: 1 }, line: 'Session  began' },
    { type: 'log_stream', data: { level: 'INFO', message: 'abc\u202egnp' }, line: 'INFO: abc gnp' },
    { type: 'tool_call_result', data: { sessionId: 's', toolName: 'make', status: 'failed', error: 'no rule' }, line: 'make failed for s: no rule' },
    { type: 'session_status_update', data: { session: { id: 's', status: 'failed', metrics: { tokensUsed: 0, tasksCompleted: 0 } } },
      line: 'Session s is failed' },
    { type: 'conversation_end', data: { conversation_id: 'v' }, line: 'Conversation v ended' },
    { type: 'stream_chunk', data: { sessionId: 's', chunk: 'hm', metadata: { type: 'thinking' } }, line: 's thinks: hm' },
  ])('$type: $line', ({ type, data, line: expected }) => {
    expect(line(type, data)).toBe(expected);
  });

  it('is bounded', () => {
    expect(line('log_stream', { message: 'x'.repeat(1e6) })).toHaveLength(kSummaryCharsMax);
  });
});

it('the page asks for every type of the schema that does not come by itself', () => {
  const unasked = [...schemaText().matchAll(/^\s*\w+ (\w+) = \d+ \[\(event\)(.*)$/gm)]
    .filter(([, , options]) => !options!.includes('AUDIENCE_CELL0D'))
    .map(([, name]) => name!);
  const isAsked = (type: string) =>
    kShownTypes.some((name) => name === type || (name.endsWith('*') && type.startsWith(name.slice(0, -1))));
  expect(unasked.length).toBeGreaterThan(10);
  expect(unasked.filter((type) => !isAsked(type))).toEqual(['token_revoked']); // between the broker and its gateways
});

it.each([
  ['chat_message', 'cell0d'], ['stt_result', 'coda'], ['spell', 'arcane'], ['task_failed', 'neolith'],
  ['channel_message', 'channels'], ['novelty', 'users'], ['toString', 'users'],
])('%s is of the family %s', (type, family) => {
  expect(familyOf(type)).toBe(family);
});

it.each([
  { type: 'log_stream', data: { level: 'ERROR' }, severity: 'error' },
  { type: 'log_stream', data: { level: 'warning' }, severity: 'warning' },
  { type: 'tool_error', data: {}, severity: 'error' },
  { type: 'task_failed', data: {}, severity: 'error' },
  { type: 'spell', data: { success: false }, severity: 'error' },
  { type: 'log_stream', data: { level: 'INFO' }, severity: 'none' },
])('severity of $type $data.level is $severity', ({ type, data, severity }) => {
  expect(eventRow(event(1, type, data), type).severity).toBe(severity);
});

it.each([
  [0, '0 s'], [59.9, '59 s'], [61, '1 min 1 s'], [7_300, '2 h 1 min'], [90_000, '1 d 1 h'], [-5, '0 s'],
])('%d s is "%s"', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});
