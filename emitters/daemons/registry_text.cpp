// How a registry is kept: as one JSON object in the service's state blob.
//   {"version":1,"author":"daemons.host.4711","revision":7,"veil":true,"daemons":{"claude":{"summoned":true,…,"history":[…]}}}
#include <algorithm>

#include "common/json.h"
#include "emitters/daemons/registry.h"

namespace cell0::emit {
namespace {

using Value = rapidjson::Value;

constexpr std::uint64_t kVersion = 1;

Error wrong(const std::string& what) { return {ErrorCode::kInvalid, "the saved registry: " + what}; }

void write_invocation(JsonWriter& out, const Invocation& invocation) {
  out.begin_object();
  out.member("number", invocation.number);
  out.member("task", invocation.task);
  out.member("at_us", to_unix_us(invocation.at));
  out.member("execution_time", invocation.execution_time);
  out.member("success", invocation.success);
  out.member("error", invocation.error);
  out.end_object();
}

void write_record(JsonWriter& out, const DaemonRecord& record, std::size_t history_max) {
  out.begin_object();
  out.member("summoned", record.summoned);
  out.member("summoned_at_us", record.summoned_at ? to_unix_us(*record.summoned_at) : std::int64_t{0});
  out.member("summons", record.summons);
  out.member("invocations", record.invocations);
  out.member("execution_time", record.execution_time);
  out.member("total_invocations", record.total_invocations);
  out.member("failed_invocations", record.failed_invocations);
  out.member("total_execution_time", record.total_execution_time);
  out.key("history");
  out.begin_array();
  const std::size_t skipped = record.history.size() - std::min(record.history.size(), history_max);
  for (std::size_t i = skipped; i < record.history.size(); ++i) write_invocation(out, record.history[i]);
  out.end_array();
  out.end_object();
}

// What is not there is what a new one has.
struct Reader {
  const Value& from;

  std::uint64_t count(const char* name) const { return json_uint(from, name).value_or(0); }
  double seconds(const char* name) const { return std::max(0.0, json_number(from, name).value_or(0)); }
  bool flag(const char* name, bool otherwise) const { return json_bool(from, name).value_or(otherwise); }
  std::string text(const char* name) const { return std::string(json_string(from, name).value_or("")); }
  WallTime time(const char* name) const { return from_unix_us(json_int(from, name).value_or(0)); }
};

Invocation read_invocation(const Value& value) {
  const Reader in{value};
  return {in.count("number"),           in.text("task"),          in.time("at_us"),
          in.seconds("execution_time"), in.flag("success", true), in.text("error")};
}

DaemonRecord read_record(const Value& value, std::size_t history_max) {
  const Reader in{value};
  DaemonRecord record;
  record.summoned = in.flag("summoned", false);
  if (record.summoned) record.summoned_at = in.time("summoned_at_us");
  record.summons = in.count("summons");
  record.invocations = in.count("invocations");
  record.execution_time = in.seconds("execution_time");
  record.total_invocations = in.count("total_invocations");
  record.failed_invocations = in.count("failed_invocations");
  record.total_execution_time = in.seconds("total_execution_time");
  const Value* history = json_member(value, "history");
  if (history == nullptr || !history->IsArray()) return record;
  for (const Value& invocation : history->GetArray()) {
    if (!invocation.IsObject()) continue;
    record.history.push_back(read_invocation(invocation));
    if (record.history.size() > history_max) record.history.pop_front();
  }
  return record;
}

}  // namespace

std::string Registry::save(std::string_view author, std::size_t bytes_max) {
  ++revision_;
  std::string text;
  for (std::size_t history = history_max_;; history /= 2) {
    text.clear();
    JsonWriter out(text);
    out.begin_object();
    out.member("version", kVersion);
    out.member("author", author);
    out.member("revision", revision_);
    out.member("veil", veil_);
    out.key("daemons");
    out.begin_object();
    for (const auto& [name, record] : records_) {
      out.key(name);
      write_record(out, record, history);
    }
    out.end_object();
    out.end_object();
    if (text.size() <= bytes_max || history == 0) return text;
  }
}

Result<void> Registry::load(std::string_view saved) {
  const auto parsed = parse_json(saved);
  if (!parsed) return wrong(parsed.error().text);
  if (!parsed->IsObject() || json_uint(*parsed, "version") != kVersion) {
    return wrong("its version is not " + std::to_string(kVersion));
  }
  const Value* daemons = json_member(*parsed, "daemons");
  if (daemons == nullptr || !daemons->IsObject()) return wrong("\"daemons\" is no object");
  for (auto& [name, record] : records_) {
    const Value* value = json_member(*daemons, name);
    record = value != nullptr && value->IsObject() ? read_record(*value, history_max_) : DaemonRecord();
  }
  veil_ = json_bool(*parsed, "veil").value_or(true);
  revision_ = json_uint(*parsed, "revision").value_or(0);
  return {};
}

Registry::Stamp Registry::stamp_of(std::string_view saved) {
  const auto parsed = parse_json(saved);
  if (!parsed || !parsed->IsObject()) return {};
  return {std::string(json_string(*parsed, "author").value_or("")), json_uint(*parsed, "revision").value_or(0)};
}

}  // namespace cell0::emit
