// The keys of [emit] and [emit.*].
#include "common/config/emit_config.h"

#include <limits>

#include "common/config/schema.h"

namespace cell0 {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kDayMs = 86'400'000;

void describe_system(ConfigSection& system, EmitSystemConfig& to) {
  system.duration("interval_ms", to.interval, 100, kDayMs, "Milliseconds between two system_status events.");
  system.duration("metrics_interval_ms", to.metrics_interval, 100, kDayMs,
                  "Milliseconds between two system_metrics events.");
  system.list("disks", to.disks, kSomeText, "The mount points whose space is reported.");
  system.flag("gpu", to.gpu, "Reports GPUs too, if nvidia-smi is there.");
}

void describe_log(ConfigSection& log, EmitLogConfig& to) {
  log.list("files", to.files, kSomeText, "The files to follow, over rotations; * and ? are expanded again and again.");
  log.flag("journald", to.journald, "Follows the systemd journal, if there is one.");
  log.flag("stdin", to.stdin_lines, "Follows standard input.");
  log.flag("from_start", to.from_start, "Reads what the files hold already, not only what is added.");
  log.duration("rescan_interval_ms", to.rescan_interval, 10, kDayMs,
               "Milliseconds between two looks for new, rotated and vanished files.");
  log.integer("line_bytes_max", to.line_bytes_max, 80, 512 * kKiB, "Bytes of a line; the rest of a longer one is cut.");
  log.number("lines_per_second_max", to.lines_per_second_max, 1, 1'000'000,
             "Lines a second, after a burst of twice that; what is over is dropped, counted and told.");
}

void describe_kernel(ConfigSection& kernel, EmitKernelConfig& to) {
  kernel.text("socket", to.socket, kAnyText,
              "The unix socket of the line protocol for compute kernels. Empty: <state.dir>/kernel.sock; off: none.");
  kernel.text("kmsg", to.kmsg, kAnyText, "The kernel's log device. Empty: not read.");
  kernel.flag("uevents", to.uevents, "Reports the kernel's device events.");
  kernel.flag("stdin", to.stdin_lines, "Takes the line protocol from standard input too.");
  kernel.text("kernel_id", to.kernel_id, kName, "The kernel_id of events that come from this machine's own kernel.");
}

void describe_model(ConfigSection& model, EmitModelConfig& to) {
  model.list("endpoints", to.endpoints, kHttpUrl, "The model servers to watch: Ollama's or OpenAI-compatible ones.");
  model.duration("interval_ms", to.interval, 100, kDayMs, "Milliseconds between two looks at a server.");
  model.duration("timeout_ms", to.timeout, 10, 600'000,
                 "Milliseconds until a server that does not answer is given up.");
}

void describe_chat(ConfigSection& chat, EmitChatConfig& to) {
  chat.text("socket", to.socket, kAnyText,
            "The unix socket that takes one message a line. Empty: <state.dir>/chat.sock; off: none.");
  chat.flag("stdin", to.stdin_lines, "Takes messages from standard input too.");
  chat.text("channel", to.channel, kSomeText, "The channel of a message that names none.");
  chat.text("sender", to.sender, kSomeText, "The sender of a message that names none.");
}

void describe_demo(ConfigSection& demo, EmitDemoConfig& to) {
  demo.integer("seed", to.seed, 0, std::numeric_limits<std::int64_t>::max(), "The same seed plays the same scene.");
  demo.number("rate", to.rate, 0.01, 100'000, "Events a second.");
  demo.integer("count", to.count, 0, std::numeric_limits<std::int64_t>::max(), "Events until it ends; 0: on and on.");
  demo.text("type", to.type, kAnyText, "Numbered events of this type only, for load tests. Empty: the scene.");
}

}  // namespace

void describe(Schema& schema, EmitConfig& config) {
  ConfigSection& emit = schema.section("emit", "What all emitters have in common: how they publish.");
  emit.text("emitter_id", config.emitter_id, kOptionalName,
            "What the broker calls the emitter; one name, one emitter. Empty: made from the program and the host.");
  emit.integer("queue_events_max", config.queue_events_max, 1, 10'000'000,
               "Events that wait while the broker is away. Beyond it the least urgent unsent are dropped and counted.");
  emit.integer("queue_bytes_max", config.queue_bytes_max, 64 * kKiB, 4 * kGiB,
               "Bytes that wait while the broker is away. Beyond it the least urgent unsent are dropped and counted.");
  emit.integer("batch_events_max", config.batch_events_max, 1, 1024, "Events in one publish request.");
  emit.integer("window_batches_max", config.window_batches_max, 1, 1024,
               "Publish requests that are under way without an answer.");
  emit.duration("ack_timeout_ms", config.ack_timeout, 10, 600'000,
                "Milliseconds until a request without an answer is sent again.");
  emit.text("admin_host", config.admin_host, kAddress,
            "The private HTTP listener of /metrics, /healthz and /readyz: its address.");
  emit.optional_port("admin_port", config.admin_port,
                     "That listener's port of the system emitter; log is at the next, then kernel, model, chat, demo, "
                     "daemons, orchestrator. 0: none.");
  describe_system(schema.section("emit.system", "cell0-emit-system: this machine's load."), config.system);
  describe_log(schema.section("emit.log", "cell0-emit-log: lines of logs."), config.log);
  describe_kernel(schema.section("emit.kernel", "cell0-emit-kernel: the kernel's own log and compute kernels."),
                  config.kernel);
  describe_model(schema.section("emit.model", "cell0-emit-model: what model servers load and run."), config.model);
  describe_chat(schema.section("emit.chat", "cell0-emit-chat: messages of people."), config.chat);
  describe_demo(schema.section("emit.demo", "cell0-emit-demo: a scripted scene, for trying things out."), config.demo);
}

}  // namespace cell0
