#include "emitters/model/model_watch.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::emit;

namespace {

// "loaded:a unloaded:b"
std::string told(const std::vector<ModelChange>& changes) {
  std::string text;
  for (const ModelChange& change : changes) text += change.action + ":" + change.model_name + " ";
  return text;
}

ModelSnapshot look(std::initializer_list<const char*> models) {
  ModelSnapshot snapshot;
  snapshot.endpoint = "http://x";
  snapshot.kind = "ollama";
  for (const char* model : models) snapshot.models[model] = "{}";
  return snapshot;
}

}  // namespace

TEST_CASE("what servers answer, and what is no answer") {
  const auto running = parse_ollama_running(
      R"({"models":[{"name":"llama3:8b","size":5,"expires_at":"x","digest":"d"},{"name":""},{"x":1},7]})");
  REQUIRE(running.ok());
  CHECK(*running == ModelList{{"llama3:8b", R"({"size":5,"expires_at":"x"})"}});
  CHECK(*parse_ollama_installed(R"({"models":[{},{}]})") == 2);
  const auto served = parse_openai_models(R"({"object":"list","data":[{"id":"phi","owned_by":"me","created":1}]})");
  REQUIRE(served.ok());
  CHECK(*served == ModelList{{"phi", R"({"owned_by":"me"})"}});
  for (const char* body : {"", "[]", "{}", R"({"models":{}})", R"({"data":1})", "<html>"}) {
    CAPTURE(body);
    CHECK_FALSE(parse_ollama_running(body).ok());
    CHECK_FALSE(parse_ollama_installed(body).ok());
    CHECK_FALSE(parse_openai_models(body).ok());
  }
}

TEST_CASE("metrics of llama.cpp and vLLM") {
  const auto llama = parse_inference("# HELP x\nllamacpp:requests_processing 2\nllamacpp:tokens_predicted_total 1e3\n");
  REQUIRE(llama.size() == 1);
  CHECK(llama.at("").running == 2);
  CHECK(llama.at("").tokens == 1000);
  const auto vllm = parse_inference(
      "vllm:num_requests_running{engine=\"0\",model_name=\"m\"} 1.0\nvllm:num_requests_running{engine=\"1\",model_name="
      "\"m\"} 2.0\nvllm:generation_tokens_total{model_name=\"m\"} 7\nother{a=\"b\"} 1\nvllm:num_requests_running\n");
  REQUIRE(vllm.size() == 1);
  CHECK(vllm.at("m").running == 3);
  CHECK(vllm.at("m").tokens == 7);
  CHECK(parse_inference("").empty());
}

TEST_CASE("models that come and go") {
  ModelWatch watch("http://x");
  const auto first = watch.apply(look({"a", "b"}));
  CHECK(told(first) == "loaded:a loaded:b ");
  CHECK(first[0].details_json == R"({"endpoint":"http://x","server":"ollama"})");
  CHECK(told(watch.apply(look({"a", "b"}))).empty());
  CHECK(told(watch.apply(look({"b", "c"}))) == "unloaded:a loaded:c ");
}

TEST_CASE("a server that fails once is given another chance; then its models are gone, told once") {
  ModelWatch watch("http://x");
  watch.apply(look({"a"}));
  ModelSnapshot broken;
  broken.error = "connection refused";
  CHECK(told(watch.apply(broken)).empty());
  CHECK_FALSE(watch.answers());
  CHECK(told(watch.apply(look({"a"}))).empty());
  CHECK(watch.answers());
  watch.apply(broken);
  CHECK(told(watch.apply(broken)) == "unloaded:a ");
  CHECK(told(watch.apply(broken)).empty());
  CHECK(told(watch.apply(look({"a"}))) == "loaded:a ");
}

TEST_CASE("inference begins and ends, also between two looks") {
  ModelWatch watch("http://x");
  auto snapshot = look({"a"});
  snapshot.running[""] = {0, 500};
  CHECK(told(watch.apply(snapshot)) == "loaded:a ");  // what was before us is not told
  snapshot.running[""] = {1, 500};
  CHECK(told(watch.apply(snapshot)) == "inference_started:a ");
  snapshot.running[""] = {2, 600};
  CHECK(told(watch.apply(snapshot)).empty());
  snapshot.running[""] = {0, 700};
  const auto done = watch.apply(snapshot);
  CHECK(told(done) == "inference_completed:a ");
  snapshot.running[""] = {0, 750};
  CHECK(told(watch.apply(snapshot)) == "inference_completed:a ");
  snapshot.running[""] = {0, 10};  // the server started anew
  CHECK(told(watch.apply(snapshot)).empty());
}
