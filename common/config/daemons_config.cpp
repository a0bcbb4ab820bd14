// The keys of [daemons] and [[daemons.daemon]].
#include "common/config/daemons_config.h"

#include <algorithm>

#include "common/config/schema.h"

namespace cell0 {
namespace {

constexpr std::int64_t kKiB = 1024;

bool is_daemon_name(std::string_view text) {
  return kName.fits(text) && std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_optional_color(std::string_view text) {
  if (text.empty()) return true;
  return text.size() == 7 && text[0] == '#' &&
         text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

constinit const TextRule kDaemonName{is_daemon_name, "a name of 1 to 64 lower-case letters, digits, _ . -"};
constinit const TextRule kOptionalColor{is_optional_color, "a colour like #8B5CF6, or empty"};

void describe_daemon(ConfigSection& daemon, DaemonConfig& to) {
  daemon.text("name", to.name, kDaemonName,
              "What it is called. claude, gemini and liquidmetal are there anyway: a row changes them.");
  daemon.text("role", to.role, kAnyText, "What it is, in words for people. Empty: as it is without the row.");
  daemon.text("color_code", to.color_code, kOptionalColor, "Its colour, #RRGGBB. Empty: as it is without the row.");
  daemon.text("tone", to.tone, kAnyText, "How its voice sounds. Empty: as it is without the row.");
  daemon.text("runner", to.runner, kOptionalName, "The runner of its tasks, a [[orchestrator.runner]]'s name or demo.");
  daemon.text("instructions", to.instructions, kAnyText, "What the runner is told besides the task.");
}

}  // namespace

void describe(Schema& schema, DaemonsConfig& config) {
  ConfigSection& daemons = schema.section("daemons", "cell0-daemons: the registry of daemons (docs/arcane.md).");
  daemons.text("name", config.name, kOptionalName,
               "What the broker calls this worker. Empty: made from the host and the process.");
  daemons.text("runner", config.runner, kName,
               "The runner of daemons that name none: a [[orchestrator.runner]]'s name, or demo.");
  daemons.duration("invoke_timeout_ms", config.invoke_timeout, 10, 280'000,
                   "Milliseconds of one invocation. A longer one is ended, failed.");
  daemons.integer("invokes_max", config.invokes_max, 1, 1'000, "Invocations at a time. More are refused.");
  daemons.integer("result_bytes_max", config.result_bytes_max, 256, 256 * kKiB,
                  "Bytes of an invocation's result in its answer and its event; the rest is cut.");
  daemons.integer("history_max", config.history_max, 0, 50, "Invocations of each daemon that its state shows.");
  daemons.flag("veil", config.veil, "Whether the veil is drawn (fantasy mode) until somebody has set it.");
  schema.rows("daemons.daemon", "Further daemons, or what is different about the three that are always there.",
              config.daemons, &describe_daemon);
}

}  // namespace cell0
