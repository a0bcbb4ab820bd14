// Events and parts for the broker's tests.
#pragma once

#include <filesystem>
#include <string>

#include "broker/event_block.h"
#include "broker/seq_reserve.h"
#include "cell0/v1/control.pb.h"
#include "cell0/v1/event.pb.h"

namespace cell0::broker {

inline v1::Envelope chat_event(const std::string& message = "hello") {
  v1::Envelope envelope;
  envelope.set_id("0123456789abcdef");
  envelope.set_source("chat.general");
  envelope.set_time_us(1'770'000'000'000'000);
  envelope.mutable_chat_message()->set_message(message);
  envelope.mutable_chat_message()->set_sender("me");
  return envelope;
}

inline v1::Envelope log_event(const std::string& level = "INFO") {
  v1::Envelope envelope;
  envelope.set_id("0123456789abcdef");
  envelope.set_source("log.test");
  envelope.set_time_us(1'770'000'000'000'000);
  envelope.mutable_log_stream()->set_level(level);
  envelope.mutable_log_stream()->set_message("a line");
  return envelope;
}

// As the broker would have stored it.
inline std::string delivered(Seq seq, const std::string& topic, const std::string& type, std::uint32_t priority = 5,
                             const v1::Envelope& envelope = chat_event()) {
  EventBlock block;
  block.add({topic, type, priority, v1::DURABLE, 0}, envelope.SerializeAsString());
  block.number(seq);
  return std::string(block.delivered(block.events()[0]));
}

// Reservations in memory, which can fail.
class FakeReserve final : public SeqReserve {
 public:
  Result<Seq> load() override { return stored; }
  Result<void> store(Seq last) override {
    ++stores;
    if (failing) return Error{ErrorCode::kUnavailable, "seq.reserve: the disk is full"};
    stored = last;
    return {};
  }

  Seq stored{};
  bool failing = false;
  int stores = 0;
};

// A directory of its own, gone with the test.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "cell0-broker-test.XXXXXX").string();
    CELL0_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace cell0::broker
