// What model servers say of their models, as values. Pure: text in, values out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "common/result.h"

namespace cell0::emit {

// Models by name, each with details for its event (a JSON object).
using ModelList = std::map<std::string, std::string>;

inline constexpr std::size_t kModelsMax = 1000;  // of one server; further ones are passed over

// Ollama's GET /api/ps: the models in memory. kInvalid: it is no such answer.
Result<ModelList> parse_ollama_running(std::string_view body);

// Ollama's GET /api/tags: how many are installed. kInvalid as above.
Result<std::size_t> parse_ollama_installed(std::string_view body);

// GET /v1/models of OpenAI-compatible servers: what they serve. kInvalid as above.
Result<ModelList> parse_openai_models(std::string_view body);

// Of /metrics of llama.cpp and vLLM (Prometheus text), by model ("" where the server names none).
struct Inference {
  double running = 0;  // requests now
  double tokens = 0;   // generated since the server's start
};
std::map<std::string, Inference> parse_inference(std::string_view metrics);

}  // namespace cell0::emit
