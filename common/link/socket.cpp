#include "common/link/socket.h"

#include <algorithm>
#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <zmq.hpp>

namespace cell0::link {

struct Context::Impl {
  explicit Impl(int threads) : io_threads(threads), zmq(threads) {}

  const int io_threads;
  zmq::context_t zmq;
};

Context::Context(int io_threads) : impl_(std::make_unique<Impl>(io_threads)) {}
Context::~Context() = default;

namespace {

// ZeroMQ looks into its mailbox first, and a signal that is handled meanwhile ends that with EINTR, before anything was
// done (zmq_msg_send(3), zmq_msg_recv(3), zmq_getsockopt(3)).
template <typename Call>
auto uninterrupted(const Call& call) {
  for (;;) {
    try {
      return call();
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
  }
}

zmq::socket_type zmq_type(SocketType type) {
  switch (type) {
    case SocketType::kXsub:
      return zmq::socket_type::xsub;
    case SocketType::kXpub:
      return zmq::socket_type::xpub;
    case SocketType::kPub:
      return zmq::socket_type::pub;
    case SocketType::kSub:
      return zmq::socket_type::sub;
    case SocketType::kRouter:
      return zmq::socket_type::router;
    case SocketType::kDealer:
      return zmq::socket_type::dealer;
  }
  CELL0_CHECK(false);
}

void configure(zmq::socket_t& socket, SocketType type, const SocketOptions& options) {
  socket.set(zmq::sockopt::linger, static_cast<int>(options.linger.count()));
  socket.set(zmq::sockopt::ipv6, true);
  socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(options.message_bytes_max));
  socket.set(zmq::sockopt::sndhwm, options.queue_messages_max);
  socket.set(zmq::sockopt::rcvhwm, options.queue_messages_max);
  if (options.heartbeat_interval.count() > 0) {
    socket.set(zmq::sockopt::heartbeat_ivl, static_cast<int>(options.heartbeat_interval.count()));
    socket.set(zmq::sockopt::heartbeat_timeout, static_cast<int>(options.heartbeat_timeout.count()));
  }
  socket.set(zmq::sockopt::reconnect_ivl, static_cast<int>(options.reconnect_min.count()));
  socket.set(zmq::sockopt::reconnect_ivl_max, static_cast<int>(options.reconnect_max.count()));
  if (type == SocketType::kSub) socket.set(zmq::sockopt::subscribe, "");
  if (type == SocketType::kRouter) socket.set(zmq::sockopt::router_mandatory, true);
}

Error endpoint_error(const std::string& endpoint, const zmq::error_t& error) {
  if (error.num() == EADDRINUSE) {
    return {ErrorCode::kConflict, endpoint + ": the address is in use by another process"};
  }
  if (error.num() == EINVAL || error.num() == EPROTONOSUPPORT || error.num() == ENODEV) {
    return {ErrorCode::kInvalid, endpoint + ": not an endpoint of this machine (like tcp://127.0.0.1:5550)"};
  }
  return {ErrorCode::kInternal, endpoint + ": " + error.what()};
}

}  // namespace

// Shared with pending waits, so that the Socket can be destroyed inside its own handler.
class Socket::Impl : public std::enable_shared_from_this<Socket::Impl> {
 public:
  Impl(asio::io_context& io, Context& context, SocketType type, const SocketOptions& options)
      : io_(io), zmq_(context.impl().zmq, zmq_type(type)), descriptor_(io) {
    configure(zmq_, type, options);
    zmq_.set(zmq::sockopt::affinity, std::uint64_t{1} << (options.io_thread % context.impl().io_threads));
    descriptor_.assign(zmq_.get(zmq::sockopt::fd));
    if (type == SocketType::kXsub) static_cast<void>(send_frame(zmq::const_buffer("\x01", 1), false));
  }

  ~Impl() { release(); }

  zmq::socket_t& zmq() { return zmq_; }
  std::uint64_t oversize() const { return oversize_; }

  void start(OnMessage on_message, OnTurnEnd on_turn_end) {
    on_message_ = std::move(on_message);
    on_turn_end_ = std::move(on_turn_end);
    arm();
    post_turn();
  }

  void stop() {
    stopped_ = true;
    release();
    zmq_.close();
  }

  Result<void> send(FrameViews frames) {
    Result<void> sent;
    for (std::size_t i = 0; sent.ok() && i < frames.size(); ++i) {
      sent = send_frame(zmq::buffer(frames[i].data(), frames[i].size()), i + 1 < frames.size());
    }
    look_again();
    return sent;
  }

  Result<void> send(std::string_view head, std::string_view body, std::unique_ptr<char[]> memory) {
    zmq::message_t message(
        const_cast<char*>(body.data()), body.size(), [](void*, void* owned) { delete[] static_cast<char*>(owned); },
        memory.get());
    static_cast<void>(memory.release());
    Result<void> sent = send_frame(zmq::buffer(head.data(), head.size()), true);
    if (sent) sent = send_frame(message, false);
    look_again();
    return sent;
  }

 private:
  // `frame`: a buffer, which is copied, or a message, which is left as it is if that fails.
  template <typename Frame>
  Result<void> send_frame(Frame&& frame, bool more) {
    auto flags = zmq::send_flags::dontwait;
    if (more) flags = flags | zmq::send_flags::sndmore;
    try {
      if (!uninterrupted([&] { return zmq_.send(frame, flags); })) {
        return Error{ErrorCode::kFull, "the queue to this peer is full"};
      }
      return {};
    } catch (const zmq::error_t& error) {
      if (error.num() == EHOSTUNREACH) return Error{ErrorCode::kNotFound, "the peer is not connected"};
      return Error{ErrorCode::kInternal, error.what()};
    }
  }

  // The descriptor is ZeroMQ's: the loop lets go of it, before ZeroMQ closes it.
  void release() {
    if (descriptor_.is_open()) descriptor_.release();
  }

  bool readable() {
    return !stopped_ && (uninterrupted([&] { return zmq_.get(zmq::sockopt::events); }) & ZMQ_POLLIN) != 0;
  }

  // A send, also one that failed, may have eaten the edge that would have announced a message. A turn looks at its own
  // end.
  void look_again() {
    if (started() && !in_turn_ && readable()) post_turn();
  }
  bool started() const { return static_cast<bool>(on_message_); }

  void arm() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](const asio::error_code& error) {
                             if (error || self->stopped_) return;
                             self->turn();
                             if (!self->stopped_) self->arm();
                           });
  }

  void post_turn() {
    if (turn_posted_) return;
    turn_posted_ = true;
    asio::post(io_, [self = shared_from_this()] {
      self->turn_posted_ = false;
      if (!self->stopped_) self->turn();
    });
  }

  void turn() {
    const auto self = shared_from_this();
    in_turn_ = true;
    int messages = 0;
    while (messages < kMessagesPerTurn && !stopped_ && receive()) ++messages;
    if (!stopped_ && messages > 0 && on_turn_end_) on_turn_end_();
    in_turn_ = false;
    for (zmq::message_t& part : parts_) part.rebuild();  // no memory is held between turns
    look_again();
  }

  // One whole message; false if there was none.
  bool receive() {
    std::array<std::string_view, kFramesMax> views;
    std::size_t count = 0;
    bool more = true;
    while (more) {
      zmq::message_t& part = parts_[std::min(count, kFramesMax)];
      if (!uninterrupted([&] { return zmq_.recv(part, zmq::recv_flags::dontwait); })) return false;
      if (count < kFramesMax) views[count] = part.to_string_view();
      more = part.more();
      ++count;
    }
    if (count > kFramesMax) {
      ++oversize_;
      return true;
    }
    on_message_(FrameViews(views.data(), count));  // it may stop us; the handlers live until turn() lets go of us
    return true;
  }

  asio::io_context& io_;
  zmq::socket_t zmq_;
  asio::posix::stream_descriptor descriptor_;
  OnMessage on_message_;
  OnTurnEnd on_turn_end_;
  std::array<zmq::message_t, kFramesMax + 1> parts_;  // the last one takes what is beyond kFramesMax
  std::uint64_t oversize_ = 0;
  bool turn_posted_ = false;
  bool in_turn_ = false;
  bool stopped_ = false;
};

Result<std::unique_ptr<Socket>> Socket::create(asio::io_context& io, Context& context, SocketType type,
                                               const SocketOptions& options) {
  try {
    return std::unique_ptr<Socket>(new Socket(std::make_shared<Impl>(io, context, type, options)));
  } catch (const zmq::error_t& error) {
    return Error{ErrorCode::kInternal, std::string("cannot make a ZeroMQ socket: ") + error.what()};
  }
}

Socket::Socket(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Socket::~Socket() { impl_->stop(); }

Result<void> Socket::bind(const std::string& endpoint) {
  try {
    uninterrupted([&] { impl_->zmq().bind(endpoint); });
    return {};
  } catch (const zmq::error_t& error) {
    return endpoint_error(endpoint, error);
  }
}

Result<void> Socket::connect(const std::string& endpoint) {
  try {
    uninterrupted([&] { impl_->zmq().connect(endpoint); });
    return {};
  } catch (const zmq::error_t& error) {
    return endpoint_error(endpoint, error);
  }
}

std::string Socket::bound_endpoint() const {
  std::string endpoint = impl_->zmq().get(zmq::sockopt::last_endpoint);
  // An IPv4 address on an IPv6 socket: back to how people write it.
  constexpr std::string_view kMapped = "[::ffff:";
  const auto mapped = endpoint.find(kMapped);
  if (mapped == std::string::npos) return endpoint;
  endpoint.erase(mapped, kMapped.size());
  return endpoint.erase(endpoint.find(']', mapped), 1);
}

void Socket::start(OnMessage on_message, OnTurnEnd on_turn_end) {
  impl_->start(std::move(on_message), std::move(on_turn_end));
}

Result<void> Socket::send(FrameViews frames) { return impl_->send(frames); }

Result<void> Socket::send(std::string_view head, std::string_view body, std::unique_ptr<char[]> memory) {
  CELL0_CHECK(body.size() > kCopiedBytesMax && memory.get() <= body.data());
  return impl_->send(head, body, std::move(memory));
}

std::uint64_t Socket::oversize_messages() const { return impl_->oversize(); }

}  // namespace cell0::link
