// SessionPort: what sessions need of the process around them: where their events go, what the broker says if this
// process dies, and a place where stopped runs end.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cell0/v1/event.pb.h"
#include "common/result.h"

namespace cell0::emit {

class TaskRun;

class SessionPort {
 public:
  virtual ~SessionPort() = default;

  // `answered` (may be empty) is called once, later: the broker has the event, or will never take it. Events of all
  // sessions keep their order. An error: it was not taken, and `answered` is not called.
  virtual Result<void> publish(v1::Envelope event, std::function<void()> answered) = 0;

  // Requests for this session come here from now on; the will is published if this process dies. kFull, kInvalid.
  virtual Result<void> own(const std::string& session_id, const std::optional<v1::Envelope>& will) = 0;
  virtual void disown(const std::string& session_id) = 0;

  // Stops the run, with its last words or silently, and keeps it until it has ended.
  virtual void bury(std::unique_ptr<TaskRun> run, bool silently) = 0;

  // A run has ended by itself, so its runner has room: sessions whose tasks wait for one are to go on, soon.
  virtual void run_ended() = 0;
};

}  // namespace cell0::emit
