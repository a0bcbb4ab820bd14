#include "emitters/system/activity.h"

#include <doctest/doctest.h>

using namespace cell0;
using namespace cell0::emit;
using Names = std::set<std::string>;

namespace {

void model(Activity& activity, const char* action, const std::string& name) {
  v1::Envelope envelope;
  envelope.mutable_model_activity()->set_action(action);
  envelope.mutable_model_activity()->set_model_name(name);
  activity.apply(envelope);
}

void kernel(Activity& activity, const char* event, const std::string& id) {
  v1::Envelope envelope;
  envelope.mutable_mcic_event()->set_event(event);
  envelope.mutable_mcic_event()->set_kernel_id(id);
  activity.apply(envelope);
}

}  // namespace

TEST_CASE("models are loaded from their loading or inference to their unloading") {
  Activity activity;
  model(activity, "loading", "a");
  CHECK(activity.models_loaded().empty());
  model(activity, "loaded", "a");
  model(activity, "inference_started", "b");
  model(activity, "unloading", "a");
  CHECK(activity.models_loaded() == Names{"a", "b"});
  model(activity, "unloaded", "a");
  CHECK(activity.models_loaded() == Names{"b"});
}

TEST_CASE("kernels run from their start to their end, whatever else they say") {
  Activity activity;
  for (const char* event : {"kmsg", "uevent", "progress", "", "start_of_something"}) kernel(activity, event, "linux");
  CHECK(activity.active_kernels().empty());
  kernel(activity, "kernel_started", "k1");
  kernel(activity, "started", "k2");
  kernel(activity, "kernel.running", "k3");
  kernel(activity, "progress", "k1");
  CHECK(activity.active_kernels() == Names{"k1", "k2", "k3"});
  kernel(activity, "kernel_finished", "k1");
  kernel(activity, "crashed", "k3");
  CHECK(activity.active_kernels() == Names{"k2"});
}

TEST_CASE("the number of names is bounded") {
  Activity activity;
  for (int i = 0; i < 1000; ++i) model(activity, "loaded", std::to_string(i));
  CHECK(activity.models_loaded().size() == Activity::kNamesMax);
}
