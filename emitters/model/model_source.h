// ModelSource: what model servers load, unload and run as model_activity events.
#pragma once

#include <map>
#include <string>

#include "emitters/model/model_poller.h"
#include "emitters/model/model_watch.h"
#include "emitters/runtime/host.h"

namespace cell0::emit {

class ModelSource final : public Source {
 public:
  explicit ModelSource(Host& host);

 private:
  struct Server {
    ModelWatch watch;
    bool said = false;      // anything yet
    bool answered = false;  // what was said
  };

  void on_look(const ModelSnapshot& look);
  void say_state(Server& server, const ModelSnapshot& look);

  Host& host_;
  std::map<std::string, Server> servers_;
  ModelPoller poller_;
};

}  // namespace cell0::emit
