// ModelWatch: what changed at one model server between two looks, as activities. Pure; one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "emitters/model/model_list.h"

namespace cell0::emit {

struct ModelChange {
  std::string action;  // of model_activity
  std::string model_name;
  std::string details_json;
};

// One look at a server.
struct ModelSnapshot {
  std::string endpoint;
  std::string error;                         // why there is no list; empty: there is one
  std::string kind;                          // ollama, openai
  std::optional<std::size_t> installed;      // Ollama only
  ModelList models;                          // in memory, or served
  std::map<std::string, Inference> running;  // empty where the server has no such metrics
};

class ModelWatch {
 public:
  static constexpr int kFailuresMax = 2;  // looks in a row without a list: then its models are gone

  explicit ModelWatch(std::string endpoint) : endpoint_(std::move(endpoint)) {}

  // The first look tells all that is loaded.
  std::vector<ModelChange> apply(const ModelSnapshot& snapshot);

  // Did the server answer the last time? For the log.
  bool answers() const { return failures_ == 0; }

 private:
  void compare_models(const ModelSnapshot& snapshot, std::vector<ModelChange>& out);
  void compare_inference(const ModelSnapshot& snapshot, std::vector<ModelChange>& out);
  std::string with_server(const std::string& details, const ModelSnapshot& snapshot) const;
  std::string only_model(const std::string& name) const;

  std::string endpoint_;
  ModelList models_;
  std::map<std::string, Inference> running_;
  bool has_inference_ = false;  // running_ is of a look, not of the beginning
  int failures_ = 0;
};

}  // namespace cell0::emit
