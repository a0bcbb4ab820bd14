#include "gateway/transport/ws_engine.h"

#include <algorithm>
#include <sstream>  // websocketpp's headers need it and do not include it
#include <utility>

#include <websocketpp/close.hpp>
#include <websocketpp/extensions/permessage_deflate/disabled.hpp>
#include <websocketpp/http/request.hpp>
#include <websocketpp/http/response.hpp>
#include <websocketpp/message_buffer/alloc.hpp>
#include <websocketpp/message_buffer/message.hpp>
#include <websocketpp/processors/hybi13.hpp>
#include <websocketpp/random/none.hpp>

#include "common/check.h"
#include "common/utf8.h"
#include "gateway/transport/deflate.h"
#include "gateway/transport/frame.h"

namespace cell0::gateway {
namespace {

namespace wpp = websocketpp;
using wpp::lib::error_code;
using ErrorValue = wpp::processor::error::processor_errors;

constexpr std::size_t kIdleEnginesMax = 64;

struct DeflateConfig {
  using request_type = wpp::http::parser::request;
};

// The library's place for permessage-deflate. Its own checks its size limit against what is compressed, so that 40 KB
// may become 42 MB. Negotiation and output are elsewhere (deflate_offer.h, deflate.h).
class MessageInflater : public wpp::extensions::permessage_deflate::disabled<DeflateConfig> {
 public:
  void begin(const WsInput& input, std::unique_ptr<Inflater>& spare) {
    input_ = input;
    spare_ = &spare;
  }

  // Before the next message, of which nothing has been seen: the memory goes back to who may need it.
  void rest() {
    if (inflater_) *spare_ = std::move(inflater_);
  }
  bool complete() const { return inflater_->complete(); }
  std::size_t held_bytes() const { return inflater_ ? Inflater::kBytes : 0; }
  std::size_t take_inflated() { return std::exchange(inflated_, 0); }

  // For the library, which ends each compressed message with the four bytes that its sender left out.
  bool is_enabled() const { return input_.deflate; }
  error_code decompress(const std::uint8_t* bytes, std::size_t count, std::string& out) {
    if (!inflater_) borrow();
    const std::size_t before = out.size();
    const auto outcome = inflater_->add({reinterpret_cast<const char*>(bytes), count}, out, input_.message_bytes_max);
    inflated_ += out.size() - before;
    switch (outcome) {
      case Inflater::Outcome::kOk:
        return {};
      case Inflater::Outcome::kTooBig:
        return wpp::processor::error::make_error_code(ErrorValue::message_too_big);
      case Inflater::Outcome::kBadData:
        break;
    }
    return wpp::processor::error::make_error_code(ErrorValue::invalid_payload);
  }

 private:
  void borrow() {
    inflater_ = *spare_ ? std::move(*spare_) : std::make_unique<Inflater>();
    inflater_->reset();
  }

  WsInput input_;
  std::unique_ptr<Inflater>* spare_ = nullptr;
  std::unique_ptr<Inflater> inflater_;  // while a compressed message is incomplete
  std::size_t inflated_ = 0;
};

// What processor::hybi13 wants to know at compile time. It never draws a random number as a server.
struct EngineConfig {
  using request_type = wpp::http::parser::request;
  using response_type = wpp::http::parser::response;
  using message_type = wpp::message_buffer::message<wpp::message_buffer::alloc::con_msg_manager>;
  using con_msg_manager_type = wpp::message_buffer::alloc::con_msg_manager<message_type>;
  using rng_type = wpp::random::none::int_generator<std::uint32_t>;
  using permessage_deflate_type = MessageInflater;
  static constexpr bool enable_extensions = false;
  static constexpr std::size_t max_message_size = 0;  // set at run time
};

using MessageManager = EngineConfig::con_msg_manager_type;

// The close code for an error of the processor. Its own to_ws() answers 1011 or 0 where 1002 and 1007 are due.
std::uint16_t close_code_of(const error_code& error) {
  switch (error.value()) {
    case ErrorValue::message_too_big:
      return ws_close::kTooBig;
    case ErrorValue::invalid_utf8:
    case ErrorValue::invalid_payload:
      return ws_close::kBadData;
    default:
      return ws_close::kProtocolError;
  }
}

// The library's processor, and what it does not tell.
class Processor : public wpp::processor::hybi13<EngineConfig> {
 public:
  using hybi13::hybi13;

  void begin(const WsInput& input, std::unique_ptr<Inflater>& spare) {
    set_max_message_size(input.message_bytes_max);
    m_permessage_deflate.begin(input, spare);
  }
  MessageInflater& inflater() { return m_permessage_deflate; }

  // Takes bytes up to the end of a message or control frame. Part by part, so that each header is seen: the library
  // lets RSV1 on a continuation pass.
  std::size_t take(std::uint8_t* bytes, std::size_t count, error_code& error) {
    std::size_t used = 0;
    while (used < count && !ready() && !error) {
      used += consume(bytes + used, std::min(m_bytes_needed, count - used), error);
      const bool marked = m_state == HEADER_EXTENDED && wpp::frame::get_rsv1(m_basic_header);
      if (marked && wpp::frame::get_opcode(m_basic_header) == wpp::frame::opcode::continuation) {
        error = wpp::processor::error::make_error_code(ErrorValue::invalid_rsv_bit);
      }
    }
    return used;
  }

  bool at_boundary() const {
    return m_state == HEADER_BASIC && m_bytes_needed == wpp::frame::BASIC_HEADER_LENGTH && !m_data_msg.msg_ptr;
  }

  std::size_t held_bytes() const {
    return m_permessage_deflate.held_bytes() + (m_data_msg.msg_ptr ? m_data_msg.msg_ptr->get_payload().size() : 0);
  }

  // What is wrong with the message that is ready, nullptr if nothing: what the library does not look at. It asks for a
  // whole code point at the end only if the last frame's opcode is text, so a fragmented text could end inside one; and
  // not at all for what comes out of a compressed message at its very end. REQUIRES: ready().
  const char* defect() const {
    const auto& message = *m_current_msg->msg_ptr;
    const bool compressed = message.get_compressed();
    if (compressed && !m_permessage_deflate.complete()) return "a compressed message that ends inside a block";
    if (message.get_opcode() != wpp::frame::opcode::text) return nullptr;
    const bool whole = compressed ? is_utf8(message.get_payload()) : m_current_msg->validator.complete();
    return whole ? nullptr : "text that is not UTF-8, or ends inside a sequence";
  }
};

// What all engines of a pool share.
struct EngineShared {
  std::shared_ptr<MessageManager> messages = std::make_shared<MessageManager>();
  EngineConfig::rng_type rng;
  std::unique_ptr<Inflater> inflater;  // one that nobody needs now, if there is one
  std::size_t held_bytes = 0;          // of messages that are incomplete
};

class Hybi13Engine final : public WsEngine {
 public:
  explicit Hybi13Engine(std::shared_ptr<EngineShared> shared)
      : shared_(std::move(shared)), processor_(false, true, shared_->messages, shared_->rng) {}
  ~Hybi13Engine() override { shared_->held_bytes -= held_bytes_; }

  void begin(const WsInput& input) { processor_.begin(input, shared_->inflater); }

  std::size_t consume(char* bytes, std::size_t count, WsEvent& event) override {
    event = {};
    message_.reset();
    error_code error;
    const std::size_t used = processor_.take(reinterpret_cast<std::uint8_t*>(bytes), count, error);
    if (error) {
      event = fault(close_code_of(error), error.message());
    } else if (processor_.ready()) {
      const char* const defect = processor_.defect();
      message_ = processor_.get_message();
      event = defect == nullptr ? event_of(*message_) : fault(ws_close::kBadData, defect);
    }
    if (processor_.at_boundary()) processor_.inflater().rest();
    count_held();
    return used;
  }

  bool at_boundary() const override { return processor_.at_boundary(); }
  std::size_t held_bytes() const override { return held_bytes_; }
  std::size_t take_inflated() override { return processor_.inflater().take_inflated(); }

  void forget_message() { message_.reset(); }

 private:
  using Message = EngineConfig::message_type;

  void count_held() {
    const std::size_t before = std::exchange(held_bytes_, processor_.held_bytes());
    shared_->held_bytes += held_bytes_ - before;
  }

  WsEvent fault(std::uint16_t code, std::string text) {
    error_text_ = std::move(text);
    return {WsEvent::Kind::kError, code, error_text_};
  }

  WsEvent event_of(const Message& message) {
    const std::string_view payload = message.get_payload();
    switch (message.get_opcode()) {
      case wpp::frame::opcode::text:
        return {WsEvent::Kind::kText, 0, payload};
      case wpp::frame::opcode::binary:
        return {WsEvent::Kind::kBinary, 0, payload};
      case wpp::frame::opcode::ping:
        return {WsEvent::Kind::kPing, 0, payload};
      case wpp::frame::opcode::pong:
        return {WsEvent::Kind::kPong, 0, payload};
      case wpp::frame::opcode::close:
        return close_event(payload);
      default:
        return fault(ws_close::kProtocolError, "an opcode that is reserved");
    }
  }

  WsEvent close_event(std::string_view payload) {
    if (payload.empty()) return {WsEvent::Kind::kClose, ws_close::kNoStatus, {}};
    if (payload.size() < 2) return fault(ws_close::kProtocolError, "a close frame with half a code");
    const auto high = static_cast<unsigned char>(payload[0]);
    const auto low = static_cast<unsigned char>(payload[1]);
    const auto code = static_cast<std::uint16_t>(high << 8 | low);
    if (!ws_close_code_valid(code)) return fault(ws_close::kProtocolError, "a close code that may not be sent");
    if (!is_utf8(payload.substr(2))) return fault(ws_close::kBadData, "a close reason that is not UTF-8");
    return {WsEvent::Kind::kClose, code, payload.substr(2)};
  }

  std::shared_ptr<EngineShared> shared_;
  Processor processor_;
  std::size_t held_bytes_ = 0;      // as it is in shared_->held_bytes
  Processor::message_ptr message_;  // keeps the last event's payload
  std::string error_text_;
};

}  // namespace

struct WsEnginePool::Shared : EngineShared {};

WsEnginePool::WsEnginePool() : shared_(std::make_shared<Shared>()) {}

WsEnginePool::~WsEnginePool() = default;

std::unique_ptr<WsEngine> WsEnginePool::take(const WsInput& input) {
  std::unique_ptr<WsEngine> engine;
  if (idle_.empty()) {
    engine = std::make_unique<Hybi13Engine>(shared_);
  } else {
    engine = std::move(idle_.back());
    idle_.pop_back();
  }
  static_cast<Hybi13Engine&>(*engine).begin(input);
  return engine;
}

std::size_t WsEnginePool::held_bytes() const { return shared_->held_bytes; }

void WsEnginePool::put(std::unique_ptr<WsEngine> engine) {
  CELL0_CHECK(engine->at_boundary());
  static_cast<Hybi13Engine&>(*engine).forget_message();
  if (idle_.size() < kIdleEnginesMax) idle_.push_back(std::move(engine));
}

std::string ws_accept_key(std::string_view key) {
  static constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
  const std::string salted = std::string(key).append(kGuid);
  unsigned char digest[20];
  wpp::sha1::calc(salted.data(), salted.size(), digest);
  return wpp::base64_encode(digest, sizeof digest);
}

bool ws_key_valid(std::string_view key) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return key.size() == 24 && key.substr(22) == "==" &&
         key.substr(0, 22).find_first_not_of(kAlphabet) == std::string_view::npos;
}

}  // namespace cell0::gateway
