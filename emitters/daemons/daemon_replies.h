// The bodies that the registry answers with (dialects.md section 4): JSON objects, as REST gives them to clients. Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/json.h"
#include "emitters/daemons/registry.h"
#include "emitters/daemons/spell_parser.h"

namespace cell0::emit {

// {"status":"summoned"|"banished","daemon":{…},"message"}
std::string operation_body(std::string_view status, const Registry& registry, const DaemonProfile& daemon,
                           const std::string& message);
// The same with "invoked", and what came of it: "result", "execution_time", "invocation_number".
std::string invoked_body(const Registry& registry, const DaemonProfile& daemon, const std::string& message,
                         const Invocation& invocation, std::string_view result);
std::string parsed_body(const ParsedSpell& spell);
std::string daemons_body(const Registry& registry, const std::string& message);
std::string active_body(const Registry& registry, const std::string& message);
std::string statistics_body(const Registry& registry, const std::string& message);
std::string state_body(const Registry& registry, const DaemonProfile& daemon, const std::string& message);
std::string veil_body(bool veil, const std::string& message);

// is_active, total_invocations, total_execution_time, average_execution_time: of a banish event, too.
void write_totals(JsonWriter& out, const DaemonRecord& record);

}  // namespace cell0::emit
