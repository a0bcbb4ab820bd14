#include "gateway/http/service_list.h"

namespace cell0::gateway {
namespace {

void write_worker(JsonWriter& out, const v1::WorkerInfo& worker) {
  out.begin_object();
  out.member("name", worker.worker());
  out.member("active", worker.active());
  out.member("epoch", worker.epoch());
  out.member("capacity", std::uint64_t{worker.capacity()});
  out.member("keys", std::uint64_t{worker.keys()});
  out.member("open_calls", std::uint64_t{worker.open_calls()});
  out.member("calls", worker.calls());
  out.end_object();
}

}  // namespace

void write_services(JsonWriter& out, const v1::Response& response, const Access&) {
  out.key("services");
  out.begin_array();
  for (const v1::ServiceInfo& service : response.services().services()) {
    out.begin_object();
    out.member("name", service.name());
    out.member("exclusive", service.exclusive());
    out.member("requests", service.requests());
    out.member("failed", service.failed());
    out.member("state_bytes", service.state_bytes());
    out.key("workers");
    out.begin_array();
    for (const v1::WorkerInfo& worker : service.workers()) write_worker(out, worker);
    out.end_array();
    out.end_object();
  }
  out.end_array();
}

}  // namespace cell0::gateway
