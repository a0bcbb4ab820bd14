// What each event type says, as a sentence for people: one row a type, every type of the schema has one. Pure.
import type { EventData } from '../../client/index.js';
import {
  after,
  amount,
  aside,
  count,
  fields,
  join,
  lasted,
  list,
  object,
  quoted,
  said,
  share,
  text,
  up,
  words,
} from './phrases.js';

type Sentences = { readonly [Type in keyof EventData]: (data: EventData[Type]) => string };

const kChunkWords: Record<string, string> = { thinking: 'thinks', tool_use: 'uses a tool' };

/** `data` is what gateways render; a field that is not there says nothing. */
export const kSentences: Sentences = {
  // ---- cell0d
  system_status: ({ status, uptime, details }) =>
    `System ${words(status)}${aside(up(uptime), count(details?.['connected_clients'], 'client'))}`,
  chat_message: ({ sender, message }) => `${text(sender)}: ${text(message)}`,
  model_activity: ({ model_name, action, details }) =>
    `${text(model_name)}: ${words(action)}${aside(lasted(details?.['duration_ms']), count(details?.['tokens'], 'token'))}`,
  mcic_event: ({ kernel_id, event, payload }) => `${text(kernel_id)}: ${words(event)}${aside(fields(object(payload)))}`,
  log_stream: ({ level, message }) => join(': ', level, message),
  heartbeat: ({ client_id, sequence }) => `${text(client_id)} is alive${aside(`beat ${text(sequence)}`)}`,
  client_connect: ({ client_id, path }) => `${text(client_id)} connected to ${text(path) || '/'}`,
  client_disconnect: ({ client_id, reason }) => `${text(client_id)} left${after(reason)}`,

  // ---- coda: the system
  system_info: ({ data }) => `System information${after(said(data))}`,
  system_error: ({ level, message }) => `System ${text(level)}: ${text(message)}`,
  system_metrics: ({ memory_mb, cpu_percent, gpu_vram_mb, uptime_seconds }) =>
    join(
      ', ',
      `CPU ${amount(cpu_percent, '%')}`,
      `memory ${amount(memory_mb, 'MB')}`,
      gpu_vram_mb && `GPU memory ${amount(gpu_vram_mb, 'MB')}`,
      up(uptime_seconds),
    ),

  // ---- coda: a conversation
  stt_start: ({ mode }) => `Listening (${words(mode)})`,
  stt_interim: ({ text: heard }) => `Hears ${quoted(heard)} …`,
  stt_result: ({ text: heard, confidence, duration_ms, language }) =>
    `Heard ${quoted(heard)}${aside(share(confidence) && `${share(confidence)} sure`, lasted(duration_ms), language)}`,
  stt_error: ({ error }) => `Could not understand${after(error)}`,
  llm_start: ({ model, prompt }) => `${text(model)} was asked: ${text(prompt)}`,
  llm_token: ({ cumulative_text }) => `Answers ${quoted(cumulative_text)} …`,
  llm_result: ({ text: answer, duration_ms, token_count, tokens_per_second }) =>
    `Answered ${quoted(answer)}${aside(
      lasted(duration_ms), count(token_count, 'token'), amount(tokens_per_second) && `${amount(tokens_per_second)} a second`,
    )}`,
  llm_error: ({ error }) => `Could not answer${after(error)}`,
  tts_start: ({ text: line, voice_id, engine }) => `Begins to say ${quoted(line)}${aside(`voice ${text(voice_id)}`, engine)}`,
  tts_progress: ({ progress_percent }) => `Speech is ${amount(progress_percent, '%')} ready`,
  tts_result: ({ success, duration_ms, audio_duration_ms }) =>
    `Speech ${success === false ? 'failed' : 'is ready'}${aside(
      lasted(audio_duration_ms) && `${lasted(audio_duration_ms)} long`, lasted(duration_ms) && `made in ${lasted(duration_ms)}`,
    )}`,
  tts_error: ({ error }) => `Could not speak${after(error)}`,
  tts_status: ({ status }) => `The voice is ${words(status)}`,
  memory_store: ({ content_preview, memory_type, importance }) =>
    `Remembers ${quoted(content_preview)}${aside(words(memory_type), share(importance) && `${share(importance)} important`)}`,
  memory_retrieve: ({ query, results_count }) => `Recalled ${count(results_count, 'memory', 'memories')} of ${quoted(query)}`,
  tool_call: ({ tool_name, parameters }) => `Calls the tool ${text(tool_name)}${aside(fields(object(parameters)))}`,
  tool_result: ({ tool_name, result, duration_ms }) => `${text(tool_name)} answered ${said(result)}${aside(lasted(duration_ms))}`,
  tool_error: ({ tool_name, error }) => `${text(tool_name)} failed${after(error)}`,
  conversation_start: ({ conversation_id }) => `Conversation ${text(conversation_id)} began`,
  conversation_turn: ({ turn_number, user_input, assistant_response }) =>
    `Turn ${text(turn_number)}: ${quoted(user_input)} – ${quoted(assistant_response)}`,
  conversation_end: ({ conversation_id, total_turns, duration_seconds }) =>
    `Conversation ${text(conversation_id)} ended${aside(
      count(total_turns, 'turn'), typeof duration_seconds === 'number' && lasted(duration_seconds * 1_000),
    )}`,
  chat_response: ({ response }) => `Reply: ${said(response)}`,

  // ---- coda: components and figures
  latency_trace: ({ component, operation, duration_ms }) => `${text(component)} took ${lasted(duration_ms)} to ${words(operation)}`,
  component_timing: ({ component, timings }) => `Timings of ${text(component)}${after(timingsText(timings))}`,
  component_stats: ({ component_type, stats }) => `Figures of ${text(component_type)}${after(fields(object(stats)))}`,
  component_status: ({ component_type, state, dependencies }) =>
    `${text(component_type)} is ${words(state)}${aside(dependencies?.length && `needs ${list(dependencies)}`)}`,
  component_error: ({ component_type, error_message, error_count, state }) =>
    `${text(component_type)} failed${after(error_message)}${aside(count(error_count, 'error'), words(state))}`,
  component_health: ({ component_type, health_status }) => `Health of ${text(component_type)}${after(fields(object(health_status)))}`,
  component_summary: ({ total_components, ready_components, failed_components, integration_health }) =>
    `${text(ready_components)} of ${count(total_components, 'component')} ready${aside(
      failed_components && `${text(failed_components)} failed`, share(integration_health) && `health ${share(integration_health)}`,
    )}`,
  integration_metrics: ({ is_active, total_events_processed, event_handlers_registered }) =>
    `The integration is ${is_active ? 'active' : 'not active'}${aside(
      count(total_events_processed, 'event'), count(event_handlers_registered, 'handler'),
    )}`,
  performance_alert: ({ severity, component, message, metric_name, current_value, threshold_value }) =>
    `Performance ${text(severity)} of ${text(component)}: ${text(message)}${aside(
      `${words(metric_name)} ${amount(current_value)}, limit ${amount(threshold_value)}`,
    )}`,
  performance_metrics: ({ system_metrics, alerts_count }) =>
    `Performance: ${count(alerts_count, 'alert') || 'no alerts'}${aside(fields(object(system_metrics)))}`,

  // ---- arcane
  spell: (data) => spellText(data),

  // ---- neolith
  session_spawned: ({ session }) =>
    `Session ${text(session?.id)} began${aside(session?.type, session?.task?.priority && `priority ${session.task.priority}`)}${after(
      session?.task?.description,
    )}`,
  session_status_update: ({ session }) =>
    `Session ${text(session?.id)} is ${words(session?.status)}${aside(
      session?.metrics?.tasksCompleted && `${count(session.metrics.tasksCompleted, 'task')} done`,
      session?.metrics?.tokensUsed && count(session.metrics.tokensUsed, 'token'),
    )}`,
  task_executing: ({ taskId, sessionId }) => `Task ${text(taskId)} runs in ${text(sessionId)}`,
  task_completed: ({ taskId, result }) => `Task ${text(taskId)} is done${after(said(result))}`,
  task_failed: ({ taskId, error }) => `Task ${text(taskId)} failed${after(error)}`,
  stream_start: ({ sessionId }) => `${text(sessionId)} begins to answer`,
  stream_chunk: ({ sessionId, chunk, metadata }) =>
    `${text(sessionId)} ${kChunkWords[text(metadata?.type)] ?? 'says'}: ${text(chunk)}`,
  stream_end: ({ sessionId }) => `${text(sessionId)} has answered`,
  tool_call_start: ({ sessionId, toolName, toolInput }) =>
    `${text(sessionId)} calls the tool ${text(toolName)}${aside(fields(object(toolInput)))}`,
  tool_call_result: ({ sessionId, toolName, status, result, error }) =>
    error
      ? `${text(toolName)} failed for ${text(sessionId)}: ${text(error)}`
      : `${text(toolName)} ${words(status)} for ${text(sessionId)}${after(said(result))}`,

  // ---- channels, agents, presence
  channel_message: ({ channel, message }) => `#${text(channel)}: ${said(message)}`,
  agent_message: ({ from, agent_id, message }) => `${text(from)} to ${text(agent_id)}: ${said(message)}`,
  presence_changed: ({ entity_id, entity_type, status, status_message }) =>
    `${text(entity_id)} is ${words(status)}${aside(entity_type)}${after(status_message)}`,
  token_revoked: ({ token_id }) => `Token ${text(token_id)} was revoked`,
};

const kSpellWords: Record<string, string> = { summon: 'summoned', invoke: 'invoked', banish: 'banished' };

function spellText({ spell_name, daemon_name, success, description, metadata }: EventData['spell']): string {
  const data = object(metadata);
  const daemon = text(daemon_name) || 'Nobody';
  const failure = success === false ? after(data['error'] ?? data['failure_phrase'] ?? description) || ': it failed' : '';
  switch (spell_name) {
    case 'summon':
    case 'invoke':
    case 'banish': {
      const done = kSpellWords[spell_name]!;
      if (failure) return `${daemon} could not be ${done}${failure}`;
      return `${daemon} was ${done}${after(data['task'])}${aside(seconds(data['execution_time']), spellCount(data))}`;
    }
    case 'parse':
      return `Spell ${quoted(data['spell_text'])} ${failure ? `was not understood${failure}` : `means ${words(data['parsed_action'])}`}`;
    case 'voice':
      return `${daemon} speaks${aside(words(data['event']), data['tone'])}${failure || after(description)}`;
    case 'reveal':
      return `Revealed: ${failure ? `nothing${failure}` : join(', ', words(data['query_type']), count(data['daemon_count'], 'daemon')) || daemon}`;
    default:
      return `${words(spell_name)}: ${failure ? `failed${failure}` : text(description) || daemon}`;
  }
}

function spellCount(data: Record<string, unknown>): string {
  return count(data['invocation_count'], 'invocation');
}

function seconds(value: unknown): string {
  return typeof value === 'number' ? lasted(value * 1_000) : '';
}

/** `{"generate":{"mean_ms":12}}` → `generate mean ms 12`. */
function timingsText(timings: unknown): string {
  return Object.entries(object(timings))
    .slice(0, 4)
    .map(([name, value]) => `${words(name)} ${typeof value === 'object' ? words(fields(object(value))) : amount(value)}`)
    .join('; ');
}
