// The bodies of the service's requests, read and checked: JSON in, values out. Pure.
#pragma once

#include <string>

#include "common/clock.h"
#include "common/json.h"
#include "common/result.h"
#include "emitters/orchestrator/session.h"

namespace cell0::emit {

inline constexpr std::size_t kPromptBytesMax = 256u << 10;
inline constexpr std::size_t kContextBytesMax = 256u << 10;
inline constexpr std::size_t kWordBytesMax = 128;               // ids, types, names
inline constexpr std::size_t kDescriptionBytesMax = 64u << 10;  // of what a session is for

// {"orchestratorId","task":{type,description,priority,status},"sessionType","memoryProfile"?,"onDisconnect"?}. The
// task's id is `task_id` where it has none. kInvalid: the text names the member. Everything but the task's is optional:
// a session without a type is a "demo".
Result<SessionSpec> read_spawn(const rapidjson::Value& body, SessionName name, const std::string& task_id,
                               WallTime now);

// {"task": "text" or {description,...}, "context"?, "streamResponse"?}. kInvalid: the text names the member.
Result<TaskRequest> read_execute(const rapidjson::Value& body, const std::string& task_id, WallTime now);

}  // namespace cell0::emit
