#include "emitters/model/model_source.h"

#include "emitters/sdk/cell0d.h"

namespace cell0::emit {
namespace {

ModelPoller::Options poller_options(const EmitModelConfig& config) {
  ModelPoller::Options options{config.endpoints, config.interval, config.timeout};
  for (std::string& endpoint : options.endpoints) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
  }
  return options;
}

}  // namespace

ModelSource::ModelSource(Host& host)
    : host_(host),
      poller_(host.io, poller_options(host.config.emit.model), [this](const ModelSnapshot& look) { on_look(look); }) {}

void ModelSource::on_look(const ModelSnapshot& look) {
  Server& server = servers_.try_emplace(look.endpoint, Server{ModelWatch(look.endpoint)}).first->second;
  for (const ModelChange& change : server.watch.apply(look)) {
    static_cast<void>(emit_model_activity(
        host_.emitter,
        {.action = change.action, .model_name = change.model_name, .details_json = change.details_json}));
  }
  say_state(server, look);
}

void ModelSource::say_state(Server& server, const ModelSnapshot& look) {
  const bool answers = server.watch.answers();
  if (server.said && server.answered == answers) return;
  server.said = true;
  server.answered = answers;
  if (answers)
    host_.log.info("watching the model server", {{"endpoint", look.endpoint}, {"kind", look.kind}});
  else
    host_.log.warn("the model server does not answer; it is asked again", {{"why", look.error}});
}

}  // namespace cell0::emit
