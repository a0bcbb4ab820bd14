// What a client says about sessions (dialects.md section 5), alike in neolith's messages and in REST: read, checked,
// and written as the service `sessions` takes it (docs/services.md). Pure.
#pragma once

#include <string>
#include <string_view>

#include "common/json.h"
#include "common/result.h"
#include "gateway/dialects/command.h"

namespace cell0::gateway {

// Where the members of a message are: in its `payload`, or beside it. Views; valid as long as the message.
class Words {
 public:
  // kInvalid: `message` is no object, or has a payload that is none.
  static Result<Words> of(const rapidjson::Value& message);

  // A member; what is null counts as absent: null.
  const rapidjson::Value* find(std::string_view name) const;

 private:
  const rapidjson::Value* message_ = nullptr;
  const rapidjson::Value* payload_ = nullptr;
};

struct SessionWordLimits {
  static constexpr std::size_t kNameBytes = 128;           // an id of anything
  static constexpr std::size_t kRequestIdBytes = 100;      // a digest goes with it
  static constexpr std::size_t kDescriptionBytes = 64000;  // it goes with every status of its session
  static constexpr std::size_t kContextBytes = 256u << 10;
};

// All: kInvalid, kTooLarge: the text names the member and what is right ("task.priority: not one of low, ...").

// {orchestratorId, task, sessionType, memoryProfile?, onDisconnect?, requestId?}
Result<SpawnSessionCommand> read_spawn(const Words& words);
// {task, context?, streamResponse?, requestId?}; `session_id` has been read, out of the words or of a path.
Result<ExecuteTaskCommand> read_execute(const Words& words, std::string session_id);
// {sessionId}
Result<std::string> read_session_id(const Words& words);
// The same, of a path or a query.
Result<void> check_session_id(std::string_view session_id);
// {requestId}: a text or an integer; "" if there is none.
Result<std::string> read_request_id(const Words& words);

// How a follower says "every session", and where their events are.
inline constexpr std::string_view kEverySession = "*";
inline constexpr std::string_view kEverySessionTopic = "sessions.*";
// Where a session's events are: sessions.<id>, escaped. kInvalid, kTooLarge.
Result<std::string> session_topic(std::string_view session_id);

// How a request is known to the service: the client's own id for it, with what it is about and whose it is, so that
// neither another entity's request nor a different one under the same id is taken for it. "" if the client's is.
std::string service_request_id(std::string_view entity, std::string_view method, std::string_view key,
                               std::string_view body, std::string_view request_id);

}  // namespace cell0::gateway
