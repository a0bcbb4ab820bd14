// DaemonsSource: the worker of the exclusive service `daemons`, on the emitter's connection: calls in, spells out.
#pragma once

#include <memory>

#include "common/link/worker.h"
#include "emitters/daemons/desk.h"
#include "emitters/runners/runner.h"
#include "emitters/runtime/host.h"

namespace cell0::emit {

class DaemonsSource final : public Source, private link::WorkerObserver, private DeskPort {
 public:
  // kInvalid: the configuration of daemons or runners.
  static Result<std::unique_ptr<Source>> create(Host& host);

  void drain() override;
  void leave(std::function<void()> done) override { worker_.stop(std::move(done)); }

 private:
  DaemonsSource(Host& host, RunnerSet runners, const std::string& name);

  // WorkerObserver
  void on_call(link::IncomingCall call) override;
  void on_active(std::optional<std::string> state) override;
  void on_standby() override;
  void on_fenced(std::vector<std::string> lost_keys) override;

  // DeskPort
  void reply(std::uint64_t call, std::string body) override { worker_.reply(call, std::move(body)); }
  void fail(std::uint64_t call, std::string code, std::string text) override {
    worker_.fail(call, std::move(code), std::move(text));
  }
  void put_state(std::string state, StateKeeper::Done done) override;
  void publish(v1::Envelope spell) override;

  void add_metrics();

  Host& host_;
  RunnerSet runners_;
  Desk desk_;
  link::Worker worker_;
  std::uint64_t calls_ = 0;
};

}  // namespace cell0::emit
