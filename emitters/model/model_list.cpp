#include "emitters/model/model_list.h"

#include <array>
#include <charconv>

#include "common/json.h"

namespace cell0::emit {
namespace {

Error no_answer(std::string_view what) { return {ErrorCode::kInvalid, "not an answer of " + std::string(what)}; }

// The array under `key`, or null.
const rapidjson::Value* list_of(const Result<rapidjson::Document>& parsed, std::string_view key) {
  if (!parsed || !parsed->IsObject()) return nullptr;
  const rapidjson::Value* list = json_member(*parsed, key);
  return list != nullptr && list->IsArray() ? list : nullptr;
}

std::string details(const rapidjson::Value& model, std::initializer_list<std::string_view> keys) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  for (const std::string_view key : keys) {
    if (const rapidjson::Value* value = json_member(model, key)) json.member(key, *value);
  }
  json.end_object();
  return text;
}

struct MetricName {
  std::string_view name;
  double Inference::*field;
};
constexpr MetricName kMetrics[] = {{"llamacpp:requests_processing", &Inference::running},
                                   {"llamacpp:tokens_predicted_total", &Inference::tokens},
                                   {"vllm:num_requests_running", &Inference::running},
                                   {"vllm:generation_tokens_total", &Inference::tokens}};

// The value of model_name="..." among a sample's labels.
std::string model_label(std::string_view labels) {
  constexpr std::string_view kKey = "model_name=\"";
  const std::size_t begin = labels.find(kKey);
  if (begin == std::string_view::npos) return {};
  labels.remove_prefix(begin + kKey.size());
  return std::string(labels.substr(0, labels.find('"')));
}

void read_sample(std::string_view line, std::map<std::string, Inference>& inference) {
  const std::size_t name_end = line.find_first_of("{ ");
  const std::size_t value_begin = line.rfind(' ');
  if (name_end == std::string_view::npos || inference.size() >= kModelsMax) return;
  for (const MetricName& metric : kMetrics) {
    if (line.substr(0, name_end) != metric.name) continue;
    double value = 0;
    const std::string_view number = line.substr(value_begin + 1);
    std::from_chars(number.data(), number.data() + number.size(), value);
    inference[model_label(line.substr(name_end, value_begin - name_end))].*metric.field += value;
  }
}

}  // namespace

Result<ModelList> parse_ollama_running(std::string_view body) {
  const auto parsed = parse_json(body);
  const rapidjson::Value* list = list_of(parsed, "models");
  if (list == nullptr) return no_answer("/api/ps");
  ModelList models;
  for (const auto& model : list->GetArray()) {
    const auto name = json_string(model, "name");
    if (!name || name->empty() || models.size() >= kModelsMax) continue;
    models[std::string(*name)] = details(model, {"size", "size_vram", "expires_at", "details"});
  }
  return models;
}

Result<std::size_t> parse_ollama_installed(std::string_view body) {
  const auto parsed = parse_json(body);
  const rapidjson::Value* list = list_of(parsed, "models");
  if (list == nullptr) return no_answer("/api/tags");
  return static_cast<std::size_t>(list->Size());
}

Result<ModelList> parse_openai_models(std::string_view body) {
  const auto parsed = parse_json(body);
  const rapidjson::Value* list = list_of(parsed, "data");
  if (list == nullptr) return no_answer("/v1/models");
  ModelList models;
  for (const auto& model : list->GetArray()) {
    const auto id = json_string(model, "id");
    if (!id || id->empty() || models.size() >= kModelsMax) continue;
    models[std::string(*id)] = details(model, {"owned_by", "max_model_len", "meta"});
  }
  return models;
}

std::map<std::string, Inference> parse_inference(std::string_view metrics) {
  std::map<std::string, Inference> inference;
  while (!metrics.empty()) {
    const std::size_t end = metrics.find('\n');
    std::string_view line = metrics.substr(0, end);
    metrics.remove_prefix(end == std::string_view::npos ? metrics.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && line.front() != '#') read_sample(line, inference);
  }
  return inference;
}

}  // namespace cell0::emit
