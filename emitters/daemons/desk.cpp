#include "emitters/daemons/desk.h"

#include <algorithm>
#include <utility>

#include "common/auth/scopes.h"
#include "common/utf8.h"
#include "emitters/daemons/daemon_replies.h"
#include "emitters/daemons/text_cut.h"

namespace cell0::emit {
namespace {

constexpr std::size_t kStateBytesMax = 200u << 10;  // the broker takes 256 KiB
constexpr std::size_t kDaemonsMax = 256;            // so that the state, without histories, stays below it
constexpr std::size_t kTaskBytesMax = 64u << 10;
constexpr Duration kAnswerMargin = std::chrono::milliseconds(500);  // before whoever asked has given up

constexpr char kUnprocessable[] = "unprocessable";

const char* code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kConflict:
      return "bad_request";
    case ErrorCode::kForbidden:
      return "forbidden";
    case ErrorCode::kFull:
      return "busy";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kTimeout:
      return "timeout";
    case ErrorCode::kInvalid:
    case ErrorCode::kNotFound:
    case ErrorCode::kTooLarge:
      return kUnprocessable;
    default:
      return "failed";
  }
}

// A text member of 1 to bytes_max bytes.
Result<std::string> text_member(const rapidjson::Value& body, const char* name, std::size_t bytes_max) {
  const auto text = json_string(body, name);
  if (!text) return Error{ErrorCode::kInvalid, std::string(name) + ": not a string"};
  if (text->find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return Error{ErrorCode::kInvalid, std::string(name) + ": it is empty"};
  }
  if (text->size() > bytes_max) {
    return Error{ErrorCode::kTooLarge, std::string(name) + ": over " + std::to_string(bytes_max) + " bytes"};
  }
  return std::string(*text);
}

Result<std::string> parameters_of(const rapidjson::Value& body) {
  const rapidjson::Value* parameters = json_member(body, "parameters");
  if (parameters == nullptr || parameters->IsNull()) return std::string("{}");
  if (!parameters->IsObject()) return Error{ErrorCode::kInvalid, "parameters: not an object"};
  std::string text;
  JsonWriter(text).value(*parameters);
  return text;
}

Result<void> check_caller(const v1::ServiceCaller& caller, const RunnerConfig& runner) {
  const std::vector<std::string> texts(caller.scopes().begin(), caller.scopes().end());
  const auto scopes = auth::ScopeSet::parse(texts);
  if (!scopes || !scopes->admits("sessions", "run:" + runner.name)) {
    return Error{ErrorCode::kForbidden, "it takes the scope sessions:run:" + runner.name};
  }
  if (runner.kind == RunnerKind::kExec && caller.anonymous() && !runner.anonymous) {
    return Error{ErrorCode::kForbidden, "the runner " + runner.name + " is for callers with a token"};
  }
  return {};
}

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

const Desk::Method Desk::kMethods[] = {
    {"summon", &Desk::summon},         {"invoke", &Desk::invoke},   {"banish", &Desk::banish},
    {"parse", &Desk::parse},           {"daemons", &Desk::daemons}, {"active", &Desk::active},
    {"statistics", &Desk::statistics}, {"state", &Desk::state},     {"veil", &Desk::veil},
    {"set_veil", &Desk::set_veil},
};

Desk::Desk(asio::io_context& io, const Clock& clock, DeskPort& port, const RunnerSet& runners,
           const DaemonsConfig& config, std::string author)
    : io_(io),
      clock_(clock),
      port_(port),
      runners_(runners),
      config_(config),
      author_(std::move(author)),
      registry_(daemon_profiles(config), config.history_max, config.veil),
      keeper_([this] { return registry_.save(author_, kStateBytesMax); },
              [this](std::string state, StateKeeper::Done done) {
                const std::uint64_t revision = registry_.revision();
                port_.put_state(std::move(state), [this, revision, done = std::move(done)](Result<void> kept) {
                  if (kept) known_revision_ = revision;
                  done(std::move(kept));
                });
              }) {}

// ---- who serves

void Desk::on_active(const std::optional<std::string>& state) {
  const Registry::Stamp stamp = state ? Registry::stamp_of(*state) : Registry::Stamp{};
  const bool ours = !state || stamp.author == author_ || stamp.revision == known_revision_;
  if (served_ && ours) return keeper_.resume();
  on_replaced({ErrorCode::kUnavailable, "another registry has served meanwhile"});
  served_ = true;
  if (!state) return;
  if (auto loaded = registry_.load(*state); loaded) known_revision_ = registry_.revision();
}

void Desk::on_replaced(const Error& why) {
  served_ = false;
  runs_.clear();
  keeper_.refuse_all(why);
}

void Desk::close() {
  for (auto& [order, run] : runs_) port_.fail(order.call, "unavailable", "the registry of daemons stops");
  runs_.clear();
  keeper_.refuse_all({ErrorCode::kUnavailable, "the registry of daemons stops"});
}

// ---- calls

void Desk::on_call(const Call& call) {
  const auto method = std::find_if(std::begin(kMethods), std::end(kMethods),
                                   [&](const Method& known) { return known.name == call.method; });
  if (method == std::end(kMethods)) {
    return port_.fail(call.id, kUnprocessable, "there is no method \"" + printable(call.method, 64) + "\"");
  }
  const auto body = parse_json(call.body.empty() ? "{}" : std::string_view(call.body));
  if (!body) return port_.fail(call.id, kUnprocessable, "body: " + body.error().text);
  if (!body->IsObject()) return port_.fail(call.id, kUnprocessable, "body: not an object");
  (this->*method->handle)(call, *body);
}

// Null: it is answered.
const DaemonProfile* Desk::named(const Call& call, const Value& body, SpellKind kind) {
  const auto name = text_member(body, "daemon_name", kTaskBytesMax);
  if (!name) {
    port_.fail(call.id, kUnprocessable, name.error().text);
    return nullptr;
  }
  const auto daemon = registry_.find(*name);
  if (daemon) return *daemon;
  refuse(call, kind, *name, daemon.error());
  return nullptr;
}

void Desk::refuse(const Call& call, SpellKind kind, const std::string& daemon, const Error& why) {
  const std::string name = printable(daemon, 64);
  publish(kind, name, failure_text(kind, name, why.text), {}, why.text);
  port_.fail(call.id, code_of(why.code), why.text);
}

void Desk::summon(const Call& call, const Value& body) {
  const DaemonProfile* daemon = named(call, body, SpellKind::kSummon);
  if (daemon == nullptr) return;
  if (auto summoned = registry_.summon(*daemon, clock_.wall()); !summoned) {
    return refuse(call, SpellKind::kSummon, daemon->name, summoned.error());
  }
  const std::string text = summon_text(*daemon);
  publish(SpellKind::kSummon, daemon->name, text, [&](JsonWriter& out) {
    out.member("role", daemon->role);
    out.member("color_code", daemon->color_code);
    out.member("runner", daemon->runner);
  });
  speak(*daemon, SpellKind::kSummon);
  keep_and_reply(call.id, operation_body("summoned", registry_, *daemon, text));
}

void Desk::banish(const Call& call, const Value& body) {
  const DaemonProfile* daemon = named(call, body, SpellKind::kBanish);
  if (daemon == nullptr) return;
  if (auto banished = registry_.banish(*daemon); !banished) {
    return refuse(call, SpellKind::kBanish, daemon->name, banished.error());
  }
  for (auto& [order, run] : runs_) {
    if (order.daemon == daemon->name) run->cancel();
  }
  const DaemonRecord& record = registry_.record(*daemon);
  const std::string text = banish_text(*daemon, record.invocations);
  publish(SpellKind::kBanish, daemon->name, text, [&](JsonWriter& out) {
    out.member("invocation_count", record.invocations);
    out.member("total_time", record.execution_time);
    out.member("daemon_name", daemon->name);
    write_totals(out, record);
  });
  speak(*daemon, SpellKind::kBanish);
  keep_and_reply(call.id, operation_body("banished", registry_, *daemon, text));
}

void Desk::parse(const Call& call, const Value& body) {
  const auto text = text_member(body, "spell", kSpellBytesMax);
  if (!text) return port_.fail(call.id, kUnprocessable, text.error().text);
  const ParsedSpell spell = parse_spell(*text, registry_.names());
  publish(
      SpellKind::kParse, spell.daemon, parse_text(*text, spell.success ? spell.action : ""),
      [&](JsonWriter& out) {
        out.member("spell_text", *text);
        out.key("parsed_action");
        if (spell.action.empty())
          out.null();
        else
          out.string(spell.action);
      },
      spell.error);
  port_.reply(call.id, parsed_body(spell));
}

// ---- looking

void Desk::reveal(const std::string& query_type, const DaemonProfile* daemon, const std::string& description) {
  publish(SpellKind::kReveal, daemon != nullptr ? daemon->name : "", description, [&](JsonWriter& out) {
    if (daemon == nullptr && query_type != "veil") out.member("daemon_count", registry_.profiles().size());
    if (query_type == "veil") out.member("veil", registry_.veil());
    if (daemon != nullptr) out.member("is_active", registry_.record(*daemon).summoned);
    out.member("query_type", query_type);
  });
}

void Desk::daemons(const Call& call, const Value&) {
  const std::string text = reveal_text("all", nullptr);
  reveal("all", nullptr, text);
  port_.reply(call.id, daemons_body(registry_, text));
}

void Desk::active(const Call& call, const Value&) {
  const std::string text = reveal_text("active", nullptr);
  reveal("active", nullptr, text);
  port_.reply(call.id, active_body(registry_, text));
}

void Desk::statistics(const Call& call, const Value&) {
  const std::string text = reveal_text("statistics", nullptr);
  reveal("statistics", nullptr, text);
  port_.reply(call.id, statistics_body(registry_, text));
}

void Desk::state(const Call& call, const Value& body) {
  const DaemonProfile* daemon = named(call, body, SpellKind::kReveal);
  if (daemon == nullptr) return;
  const std::string text = reveal_text("state", daemon);
  reveal("state", daemon, text);
  port_.reply(call.id, state_body(registry_, *daemon, text));
}

void Desk::veil(const Call& call, const Value&) {
  reveal("veil", nullptr, reveal_text("veil", nullptr));
  port_.reply(call.id, veil_body(registry_.veil(), veil_text(registry_.veil())));
}

void Desk::set_veil(const Call& call, const Value& body) {
  const auto drawn = json_bool(body, "veil");
  if (!drawn) return port_.fail(call.id, kUnprocessable, "veil: not true or false");
  registry_.set_veil(*drawn);
  const std::string text = veil_text(*drawn);
  reveal("veil", nullptr, text);
  keep_and_reply(call.id, veil_body(*drawn, text));
}

// ---- invoking

void Desk::invoke(const Call& call, const Value& body) {
  const DaemonProfile* daemon = named(call, body, SpellKind::kInvoke);
  if (daemon == nullptr) return;
  auto task = text_member(body, "task", kTaskBytesMax);
  if (!task) return port_.fail(call.id, kUnprocessable, task.error().text);
  auto parameters = parameters_of(body);
  if (!parameters) return port_.fail(call.id, kUnprocessable, parameters.error().text);
  if (auto there = registry_.check_summoned(*daemon); !there) {
    return refuse(call, SpellKind::kInvoke, daemon->name, there.error());
  }
  Runner* runner = runners_.find(daemon->runner);
  CELL0_CHECK(runner != nullptr);  // check_daemons()
  if (auto permitted = check_caller(call.caller, runner->config()); !permitted) {
    return refuse(call, SpellKind::kInvoke, daemon->name, permitted.error());
  }
  if (runs_.size() >= config_.invokes_max) {
    return refuse(call, SpellKind::kInvoke, daemon->name,
                  {ErrorCode::kFull, std::to_string(runs_.size()) + " tasks are under way, more are not taken"});
  }
  start_run(call, *daemon, *runner, {call.id, daemon->name, std::move(*task), std::move(*parameters), clock_.mono()});
}

void Desk::start_run(const Call& call, const DaemonProfile& daemon, Runner& runner, Order order) {
  RunRequest request;
  request.prompt = order.task;
  if (order.parameters != "{}") request.context_json = order.parameters;
  request.instructions = daemon.instructions;
  request.session_id = "daemon-" + daemon.name;
  request.task_id = call.request_id.empty() ? std::to_string(call.id) : call.request_id;
  const Duration left = call.deadline - clock_.mono() - kAnswerMargin;
  const Duration time = std::clamp<Duration>(left, Duration(0), config_.invoke_timeout);
  const auto place = runs_.emplace(runs_.end(), std::move(order), std::make_unique<InvocationRun>(io_, daemon.name));
  const auto started = place->second->start(
      runner, std::move(request), time,
      [this, place](InvocationRun::End end, const RunResult& result) { on_run_end(place, end, result); });
  if (started) return;
  runs_.erase(place);
  refuse(call, SpellKind::kInvoke, daemon.name, started.error());
}

void Desk::on_run_end(Runs::iterator place, InvocationRun::End end, const RunResult& result) {
  const Order order = std::move(place->first);
  const std::string text = cut_text(result.text, config_.result_bytes_max);
  const std::string error = end == InvocationRun::End::kCancelled ? order.daemon + " was banished before it was done"
                            : end == InvocationRun::End::kTimeout ? order.daemon + " did not finish in time"
                                                                  : result.error;
  const bool late = end == InvocationRun::End::kTimeout || result.error_code == "timeout";
  const bool done = end == InvocationRun::End::kDone;
  runs_.erase(place);  // and with it `result`

  const auto daemon = registry_.find(order.daemon);
  CELL0_CHECK(daemon.ok());
  Invocation invocation;
  invocation.task = order.task;
  invocation.at = clock_.wall();
  invocation.execution_time = seconds_of(clock_.mono() - order.begun);
  invocation.success = done;
  if (!done) invocation.error = error;
  const Invocation counted = *registry_.invoked(**daemon, std::move(invocation));
  if (done) return succeed(order, **daemon, counted, text);
  fail_run(order, **daemon, counted,
           end == InvocationRun::End::kCancelled ? "bad_request"
           : late                                ? "timeout"
                                                 : "failed");
}

namespace {

void write_invocation(JsonWriter& out, const std::string& task, const std::string& parameters,
                      const Invocation& invocation) {
  out.member("task", task);
  out.member("execution_time", invocation.execution_time);
  out.raw_member("parameters", parameters);
  out.member("invocation_number", invocation.number);
}

}  // namespace

void Desk::succeed(const Order& order, const DaemonProfile& daemon, const Invocation& invocation, std::string result) {
  const std::string text = invoke_text(daemon, invocation.execution_time);
  publish(SpellKind::kInvoke, daemon.name, text, [&](JsonWriter& out) {
    write_invocation(out, order.task, order.parameters, invocation);
    out.member("result", result);
  });
  speak(daemon, SpellKind::kInvoke);
  keep_and_reply(order.call, invoked_body(registry_, daemon, text, invocation, result));
}

void Desk::fail_run(const Order& order, const DaemonProfile& daemon, const Invocation& invocation,
                    std::string_view code) {
  publish(
      SpellKind::kInvoke, daemon.name, failure_text(SpellKind::kInvoke, daemon.name, invocation.error),
      [&](JsonWriter& out) { write_invocation(out, order.task, order.parameters, invocation); }, invocation.error);
  keep_and_fail(order.call, std::string(code), invocation.error);
}

// ---- telling

void Desk::publish(SpellKind kind, const std::string& daemon, std::string description,
                   std::function<void(JsonWriter&)> metadata, std::string error) {
  SpellEvent spell;
  spell.kind = kind;
  spell.daemon_name = daemon;
  spell.description = std::move(description);
  spell.error = std::move(error);
  spell.veil = registry_.veil();
  spell.metadata = std::move(metadata);
  port_.publish(spell_envelope(spell));
}

void Desk::speak(const DaemonProfile& daemon, SpellKind kind) {
  publish(SpellKind::kVoice, daemon.name, voice_line(daemon, kind, turns_++), [&](JsonWriter& out) {
    out.member("event", name_of(kind));
    out.member("tone", daemon.tone);
  });
}

void Desk::keep_and_reply(std::uint64_t call, std::string body) {
  keeper_.keep([this, call, body = std::move(body)](const Result<void>& kept) {
    if (kept) return port_.reply(call, body);
    port_.fail(call, code_of(ErrorCode::kUnavailable), "it was done, but cannot be kept: " + kept.error().text);
  });
}

void Desk::keep_and_fail(std::uint64_t call, std::string code, std::string text) {
  keeper_.keep([this, call, code = std::move(code), text = std::move(text)](const Result<void>&) {
    port_.fail(call, code, text);
  });
}

Result<void> check_daemons(const DaemonsConfig& config, const std::vector<RunnerConfig>& runners) {
  const auto profiles = daemon_profiles(config);
  if (profiles.size() > kDaemonsMax) {
    return Error{ErrorCode::kInvalid, "daemons.daemon: " + std::to_string(profiles.size()) + " daemons, at most " +
                                          std::to_string(kDaemonsMax) + " are kept"};
  }
  for (const DaemonProfile& daemon : profiles) {
    const bool known = daemon.runner == "demo" || std::any_of(runners.begin(), runners.end(), [&](const auto& runner) {
                         return runner.name == daemon.runner;
                       });
    if (known) continue;
    return Error{ErrorCode::kInvalid, "daemons: the runner \"" + daemon.runner + "\" of " + daemon.name +
                                          " is no [[orchestrator.runner]], and not demo"};
  }
  return {};
}

}  // namespace cell0::emit
