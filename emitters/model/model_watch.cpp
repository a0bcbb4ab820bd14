#include "emitters/model/model_watch.h"

#include "common/json.h"

namespace cell0::emit {

std::vector<ModelChange> ModelWatch::apply(const ModelSnapshot& snapshot) {
  std::vector<ModelChange> changes;
  if (!snapshot.error.empty()) {
    if (++failures_ != kFailuresMax) return changes;
    for (const auto& [name, details] : models_) {
      changes.push_back({"unloaded", name, with_server(R"({"reason":"the server does not answer"})", snapshot)});
    }
    models_.clear();
    has_inference_ = false;
    return changes;
  }
  failures_ = 0;
  compare_models(snapshot, changes);
  compare_inference(snapshot, changes);
  return changes;
}

void ModelWatch::compare_models(const ModelSnapshot& snapshot, std::vector<ModelChange>& out) {
  for (const auto& [name, details] : models_) {
    if (!snapshot.models.contains(name)) out.push_back({"unloaded", name, with_server(details, snapshot)});
  }
  for (const auto& [name, details] : snapshot.models) {
    if (!models_.contains(name)) out.push_back({"loaded", name, with_server(details, snapshot)});
  }
  models_ = snapshot.models;
}

// Requests between two looks that left only their tokens are told as completed.
void ModelWatch::compare_inference(const ModelSnapshot& snapshot, std::vector<ModelChange>& out) {
  for (const auto& [label, now] : snapshot.running) {
    const auto found = running_.find(label);
    const Inference before = found != running_.end() ? found->second : Inference{0, has_inference_ ? 0 : now.tokens};
    const std::string name = label.empty() ? only_model(label) : label;
    const double tokens = now.tokens > before.tokens ? now.tokens - before.tokens : 0;
    std::string details;
    JsonWriter json(details);
    json.begin_object();
    json.member("running", now.running);
    json.member("tokens", tokens);
    json.end_object();
    if (before.running == 0 && now.running > 0)
      out.push_back({"inference_started", name, with_server(details, snapshot)});
    const bool finished = now.running == 0 && (before.running > 0 || tokens > 0);
    if (finished) out.push_back({"inference_completed", name, with_server(details, snapshot)});
  }
  running_ = snapshot.running;
  has_inference_ = true;
}

// llama.cpp serves one model and does not name it in its metrics.
std::string ModelWatch::only_model(const std::string& name) const {
  return models_.empty() ? (name.empty() ? endpoint_ : name) : models_.begin()->first;
}

std::string ModelWatch::with_server(const std::string& details, const ModelSnapshot& snapshot) const {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  json.member("endpoint", endpoint_);
  if (!snapshot.kind.empty()) json.member("server", snapshot.kind);
  if (snapshot.installed) json.member("installed", *snapshot.installed);
  json.end_object();
  if (details.size() <= 2) return text;  // "{}"
  text.back() = ',';
  return text + details.substr(1);
}

}  // namespace cell0::emit
