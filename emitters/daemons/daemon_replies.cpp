#include "emitters/daemons/daemon_replies.h"

#include <algorithm>

namespace cell0::emit {
namespace {

template <typename Write>
std::string object(Write&& write) {
  std::string body;
  JsonWriter out(body);
  out.begin_object();
  write(out);
  out.end_object();
  return body;
}

void optional_text(JsonWriter& out, std::string_view name, std::string_view text) {
  out.key(name);
  if (text.empty())
    out.null();
  else
    out.string(text);
}

void write_daemon(JsonWriter& out, const Registry& registry, const DaemonProfile& daemon) {
  const DaemonRecord& record = registry.record(daemon);
  out.begin_object();
  out.member("name", daemon.name);
  out.member("role", daemon.role);
  out.member("color_code", daemon.color_code);
  out.member("is_summoned", record.summoned);
  out.member("invocation_count", record.invocations);
  out.key("metadata");
  out.begin_object();
  out.member("tone", daemon.tone);
  out.member("runner", daemon.runner);
  optional_text(out, "summoned_at", record.summoned_at ? to_iso8601(*record.summoned_at) : "");
  out.end_object();
  out.end_object();
}

void write_statistics(JsonWriter& out, const DaemonRecord& record) {
  out.begin_object();
  write_totals(out, record);
  out.member("failed_invocations", record.failed_invocations);
  out.member("total_summons", record.summons);
  out.member("invocation_count", record.invocations);
  out.member("total_time", record.execution_time);
  out.end_object();
}

template <typename Keep>
std::size_t write_daemons(JsonWriter& out, const Registry& registry, Keep&& keep) {
  std::size_t count = 0;
  out.begin_object();
  for (const DaemonProfile& daemon : registry.profiles()) {
    if (!keep(registry.record(daemon))) continue;
    out.key(daemon.name);
    write_daemon(out, registry, daemon);
    ++count;
  }
  out.end_object();
  return count;
}

void write_invocation(JsonWriter& out, const Invocation& invocation) {
  out.begin_object();
  out.member("invocation_number", invocation.number);
  out.member("task", invocation.task);
  out.member("timestamp", to_iso8601(invocation.at));
  out.member("execution_time", invocation.execution_time);
  out.member("success", invocation.success);
  if (!invocation.error.empty()) out.member("error", invocation.error);
  out.end_object();
}

void write_operation(JsonWriter& out, std::string_view status, const Registry& registry, const DaemonProfile& daemon,
                     const std::string& message) {
  out.member("status", status);
  out.key("daemon");
  write_daemon(out, registry, daemon);
  out.member("message", message);
}

}  // namespace

void write_totals(JsonWriter& out, const DaemonRecord& record) {
  out.member("is_active", record.summoned);
  out.member("total_invocations", record.total_invocations);
  out.member("total_execution_time", record.total_execution_time);
  out.member("average_execution_time", record.average_execution_time());
}

std::string operation_body(std::string_view status, const Registry& registry, const DaemonProfile& daemon,
                           const std::string& message) {
  return object([&](JsonWriter& out) { write_operation(out, status, registry, daemon, message); });
}

std::string invoked_body(const Registry& registry, const DaemonProfile& daemon, const std::string& message,
                         const Invocation& invocation, std::string_view result) {
  return object([&](JsonWriter& out) {
    write_operation(out, "invoked", registry, daemon, message);
    out.member("result", result);
    out.member("execution_time", invocation.execution_time);
    out.member("invocation_number", invocation.number);
  });
}

std::string parsed_body(const ParsedSpell& spell) {
  return object([&](JsonWriter& out) {
    out.member("success", spell.success);
    optional_text(out, "action", spell.action);
    optional_text(out, "daemon", spell.daemon);
    optional_text(out, "task", spell.task);
    out.raw_member("parameters", spell.parameters);
    out.member("confidence", spell.confidence);
    out.member("raw_input", spell.raw_input);
    optional_text(out, "error", spell.error);
    out.key("suggestions");
    out.begin_array();
    for (const std::string& suggestion : spell.suggestions) out.string(suggestion);
    out.end_array();
  });
}

std::string daemons_body(const Registry& registry, const std::string& message) {
  return object([&](JsonWriter& out) {
    out.member("status", "revealed");
    out.member("message", message);
    out.key("daemons");
    const std::size_t count = write_daemons(out, registry, [](const DaemonRecord&) { return true; });
    out.member("count", count);
  });
}

std::string active_body(const Registry& registry, const std::string& message) {
  return object([&](JsonWriter& out) {
    out.member("status", "scrying_complete");
    out.member("message", message);
    out.key("active_daemons");
    const std::size_t count = write_daemons(out, registry, [](const DaemonRecord& record) { return record.summoned; });
    out.member("count", count);
  });
}

std::string statistics_body(const Registry& registry, const std::string& message) {
  DaemonRecord all;
  std::size_t active = 0;
  for (const DaemonProfile& daemon : registry.profiles()) {
    const DaemonRecord& record = registry.record(daemon);
    active += record.summoned ? 1 : 0;
    all.summons += record.summons;
    all.total_invocations += record.total_invocations;
    all.failed_invocations += record.failed_invocations;
    all.total_execution_time += record.total_execution_time;
  }
  return object([&](JsonWriter& out) {
    out.member("status", "divination_complete");
    out.member("message", message);
    out.key("statistics");
    out.begin_object();
    out.member("total_daemons", registry.profiles().size());
    out.member("active_daemons", active);
    out.member("total_summons", all.summons);
    out.member("total_invocations", all.total_invocations);
    out.member("failed_invocations", all.failed_invocations);
    out.member("total_execution_time", all.total_execution_time);
    out.member("average_execution_time", all.average_execution_time());
    out.key("daemons");
    out.begin_object();
    for (const DaemonProfile& daemon : registry.profiles()) {
      out.key(daemon.name);
      write_statistics(out, registry.record(daemon));
    }
    out.end_object();
    out.end_object();
  });
}

std::string state_body(const Registry& registry, const DaemonProfile& daemon, const std::string& message) {
  const DaemonRecord& record = registry.record(daemon);
  return object([&](JsonWriter& out) {
    out.member("status", "inspection_complete");
    out.member("message", message);
    out.key("daemon_state");
    out.begin_object();
    out.key("daemon");
    write_daemon(out, registry, daemon);
    out.key("statistics");
    write_statistics(out, record);
    out.key("invocation_history");
    out.begin_array();
    for (const Invocation& invocation : record.history) write_invocation(out, invocation);
    out.end_array();
    out.end_object();
  });
}

std::string veil_body(bool veil, const std::string& message) {
  return object([&](JsonWriter& out) {
    out.member("status", "success");
    out.member("veil", veil);
    out.member("mode", veil ? "fantasy" : "developer");
    out.member("message", message);
  });
}

}  // namespace cell0::emit
