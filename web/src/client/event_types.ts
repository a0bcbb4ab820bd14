// The event types of proto/cell0/v1/event.proto: made by scripts/event_types.mjs, never by hand.

/** Data of each event type that cell0 knows, as gateways render it. Fields that a gateway adds later are allowed. */
export interface EventData {
  system_status: {
    status: string;
    details: Record<string, unknown>;
    uptime: number;
  };
  chat_message: {
    message: string;
    sender: string;
    channel: string;
    metadata: Record<string, unknown>;
  };
  model_activity: {
    action: 'loading' | 'loaded' | 'unloading' | 'unloaded' | 'inference_started' | 'inference_completed';
    model_name: string;
    details: Record<string, unknown>;
  };
  mcic_event: {
    event: string;
    kernel_id: string;
    payload: Record<string, unknown>;
  };
  log_stream: {
    level: string;
    message: string;
    logger: string;
    metadata: Record<string, unknown>;
  };
  heartbeat: {
    client_id: string;
    sequence: number;
    timestamp?: string | null;
  };
  client_connect: {
    client_id: string;
    path: string;
  };
  client_disconnect: {
    client_id: string;
    reason: string;
  };
  system_info: {
    data: unknown;
  };
  system_error: {
    level: 'warning' | 'error' | 'critical';
    message: string;
    details?: unknown;
  };
  system_metrics: {
    memory_mb: number;
    cpu_percent: number;
    gpu_vram_mb?: number | null;
    uptime_seconds: number;
  };
  stt_start: {
    mode: 'push_to_talk' | 'continuous' | 'file';
  };
  stt_interim: {
    text: string;
    confidence: number;
  };
  stt_result: {
    text: string;
    confidence: number;
    duration_ms: number;
    language?: string | null;
  };
  stt_error: {
    error: string;
    details?: unknown;
  };
  llm_start: {
    prompt: string;
    model: string;
    temperature: number;
  };
  llm_token: {
    token: string;
    cumulative_text: string;
  };
  llm_result: {
    text: string;
    duration_ms: number;
    token_count: number;
    tokens_per_second: number;
  };
  llm_error: {
    error: string;
    details?: unknown;
  };
  tts_start: {
    text: string;
    voice_id: string;
    engine: string;
  };
  tts_progress: {
    progress_percent: number;
    estimated_duration_ms?: number | null;
  };
  tts_result: {
    duration_ms: number;
    audio_duration_ms: number;
    success: boolean;
  };
  tts_error: {
    error: string;
    details?: unknown;
  };
  tts_status: {
    status: 'idle' | 'processing' | 'playing';
  };
  memory_store: {
    content_preview: string;
    memory_type: string;
    importance: number;
    memory_id: string;
  };
  memory_retrieve: {
    query: string;
    results_count: number;
    relevance_scores: number[];
  };
  tool_call: {
    tool_name: string;
    parameters: Record<string, unknown>;
    call_id: string;
  };
  tool_result: {
    tool_name: string;
    call_id: string;
    result: unknown;
    duration_ms: number;
  };
  tool_error: {
    tool_name: string;
    call_id: string;
    error: string;
    details?: unknown;
  };
  conversation_start: {
    conversation_id: string;
  };
  conversation_turn: {
    conversation_id: string;
    turn_number: number;
    user_input: string;
    assistant_response: string;
  };
  conversation_end: {
    conversation_id: string;
    total_turns: number;
    duration_seconds: number;
  };
  latency_trace: {
    component: string;
    operation: string;
    duration_ms: number;
    metadata?: unknown;
  };
  component_timing: {
    component: string;
    timings: Record<string, unknown>;
  };
  component_stats: {
    component_type: string;
    stats: Record<string, unknown>;
  };
  component_status: {
    component_type: string;
    state: string;
    initialization_order?: number | null;
    dependencies: string[];
  };
  component_error: {
    component_type: string;
    error_message: string;
    error_count: number;
    state: string;
  };
  component_health: {
    component_type: string;
    health_status: Record<string, unknown>;
  };
  component_summary: {
    total_components: number;
    ready_components: number;
    failed_components: number;
    integration_health: number;
    components: Record<string, unknown>;
  };
  integration_metrics: {
    is_active: boolean;
    websocket_server_available: boolean;
    event_handlers_registered: number;
    total_events_processed: number;
  };
  performance_alert: {
    alert_id: string;
    component: string;
    metric_name: string;
    current_value: number;
    threshold_value: number;
    severity: 'warning' | 'critical';
    message: string;
  };
  performance_metrics: {
    system_metrics: Record<string, unknown>;
    component_metrics: Record<string, unknown>;
    alerts_count: number;
  };
  chat_response: {
    response: unknown;
  };
  spell: {
    spell_name: 'summon' | 'invoke' | 'banish' | 'reveal' | 'parse' | 'voice' | 'route';
    daemon_name: string | null;
    success: boolean;
    description: string;
    metadata: Record<string, unknown>;
  };
  session_spawned: {
    session: {
      id: string;
      orchestratorId?: string | null;
      task?: {
        id?: string | null;
        type?: 'code' | 'research' | 'analysis' | 'custom' | 'general' | null;
        description?: string | null;
        priority?: 'low' | 'medium' | 'high' | 'critical' | null;
        status?: string | null;
        createdAt?: string | null;
        updatedAt?: string | null;
      } | null;
      type?: string | null;
      status: 'initializing' | 'running' | 'paused' | 'completed' | 'failed' | 'terminated';
      startedAt?: string | null;
      endedAt?: string | null;
      memoryContext?: {
        scratchpad: Record<string, unknown>;
        episodic: unknown[];
        semantic: Record<string, unknown>;
      } | null;
      metrics?: {
        tokensUsed: number;
        duration: number;
        tasksCompleted: number;
        errorsEncountered: number;
        averageResponseTime: number;
      } | null;
    };
  };
  session_status_update: {
    session: {
      id: string;
      orchestratorId?: string | null;
      task?: {
        id?: string | null;
        type?: 'code' | 'research' | 'analysis' | 'custom' | 'general' | null;
        description?: string | null;
        priority?: 'low' | 'medium' | 'high' | 'critical' | null;
        status?: string | null;
        createdAt?: string | null;
        updatedAt?: string | null;
      } | null;
      type?: string | null;
      status: 'initializing' | 'running' | 'paused' | 'completed' | 'failed' | 'terminated';
      startedAt?: string | null;
      endedAt?: string | null;
      memoryContext?: {
        scratchpad: Record<string, unknown>;
        episodic: unknown[];
        semantic: Record<string, unknown>;
      } | null;
      metrics?: {
        tokensUsed: number;
        duration: number;
        tasksCompleted: number;
        errorsEncountered: number;
        averageResponseTime: number;
      } | null;
    };
  };
  task_executing: {
    sessionId: string;
    taskId: string;
  };
  task_completed: {
    sessionId: string;
    taskId: string;
    result: unknown;
  };
  task_failed: {
    sessionId: string;
    taskId: string;
    error: string;
  };
  stream_start: {
    sessionId: string;
    taskId?: string | null;
  };
  stream_chunk: {
    sessionId: string;
    chunk: string;
    metadata?: {
      type?: 'text' | 'thinking' | 'tool_use' | null;
      index?: number | null;
    } | null;
  };
  stream_end: {
    sessionId: string;
    taskId?: string | null;
  };
  tool_call_start: {
    sessionId: string;
    toolName: string;
    toolInput?: unknown;
    status: string;
    timestamp?: string | null;
  };
  tool_call_result: {
    sessionId: string;
    toolName: string;
    toolInput?: unknown;
    status: string;
    result?: unknown;
    error?: string | null;
    timestamp?: string | null;
  };
  channel_message: {
    channel: string;
    message: unknown;
  };
  agent_message: {
    agent_id: string;
    from: string;
    message: unknown;
  };
  presence_changed: {
    entity_id: string;
    entity_type: 'agent' | 'user' | 'session' | 'channel' | 'system';
    status: 'online' | 'away' | 'busy' | 'offline' | 'do_not_disturb';
    status_message?: string | null;
    entry?: unknown;
  };
  token_revoked: {
    token_id: string;
    expires_us: number;
  };
}

/** Each event type's family: the system it comes from. Types that are not here are their users' own. */
export const kEventFamilies = {
  system_status: 'cell0d',
  chat_message: 'cell0d',
  model_activity: 'cell0d',
  mcic_event: 'cell0d',
  log_stream: 'cell0d',
  heartbeat: 'cell0d',
  client_connect: 'cell0d',
  client_disconnect: 'cell0d',
  system_info: 'coda',
  system_error: 'coda',
  system_metrics: 'coda',
  stt_start: 'coda',
  stt_interim: 'coda',
  stt_result: 'coda',
  stt_error: 'coda',
  llm_start: 'coda',
  llm_token: 'coda',
  llm_result: 'coda',
  llm_error: 'coda',
  tts_start: 'coda',
  tts_progress: 'coda',
  tts_result: 'coda',
  tts_error: 'coda',
  tts_status: 'coda',
  memory_store: 'coda',
  memory_retrieve: 'coda',
  tool_call: 'coda',
  tool_result: 'coda',
  tool_error: 'coda',
  conversation_start: 'coda',
  conversation_turn: 'coda',
  conversation_end: 'coda',
  latency_trace: 'coda',
  component_timing: 'coda',
  component_stats: 'coda',
  component_status: 'coda',
  component_error: 'coda',
  component_health: 'coda',
  component_summary: 'coda',
  integration_metrics: 'coda',
  performance_alert: 'coda',
  performance_metrics: 'coda',
  chat_response: 'coda',
  spell: 'arcane',
  session_spawned: 'neolith',
  session_status_update: 'neolith',
  task_executing: 'neolith',
  task_completed: 'neolith',
  task_failed: 'neolith',
  stream_start: 'neolith',
  stream_chunk: 'neolith',
  stream_end: 'neolith',
  tool_call_start: 'neolith',
  tool_call_result: 'neolith',
  channel_message: 'channels',
  agent_message: 'channels',
  presence_changed: 'channels',
  token_revoked: 'channels',
} as const satisfies Record<keyof EventData, string>;
