#include "emitters/runners/http_stream.h"

#include <curl/curl.h>

#include <array>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <map>
#include <utility>

#include "emitters/runners/loop_timer.h"

namespace cell0::emit {
namespace {

using Descriptor = asio::posix::stream_descriptor;

// One of libcurl's sockets on the loop. libcurl owns and closes it.
struct Watch {
  explicit Watch(asio::io_context& io, int fd) : descriptor(io, fd) {}
  ~Watch() { release(); }

  void release() {
    if (descriptor.is_open()) descriptor.release();
  }

  Descriptor descriptor;
  int wanted = 0;  // CURL_POLL_IN, CURL_POLL_OUT, both
  bool reading = false;
  bool writing = false;
};

HttpEnd end_of(CURLcode code, bool has_head) {
  switch (code) {
    case CURLE_OK:
      return HttpEnd::kComplete;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_HTTP2_STREAM:
      return HttpEnd::kDisconnected;
    default:
      return has_head ? HttpEnd::kDisconnected : HttpEnd::kUnreachable;
  }
}

}  // namespace

class HttpStream::Impl : public std::enable_shared_from_this<HttpStream::Impl> {
 public:
  Impl(asio::io_context& io, Handlers handlers) : io_(io), handlers_(std::move(handlers)), timer_(io) {}

  bool start(const HttpPost& post) {
    multi_ = curl_multi_init();
    easy_ = curl_easy_init();
    if (multi_ == nullptr || easy_ == nullptr) return false;
    set_request(post);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    return curl_multi_add_handle(multi_, easy_) == CURLM_OK;
  }

  // libcurl must not call back while it goes.
  void close() {
    if (std::exchange(closed_, true)) return;
    timer_.stop();
    watches_.clear();
    if (multi_ != nullptr) {
      curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
      curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
      if (easy_ != nullptr) curl_multi_remove_handle(multi_, easy_);
    }
    curl_easy_cleanup(easy_);
    if (multi_ != nullptr) curl_multi_cleanup(multi_);
    curl_slist_free_all(headers_);
  }

  void pause(bool paused) {
    if (std::exchange(paused_, paused) == paused || paused) return;
    asio::post(io_, [self = shared_from_this()] { self->deliver(); });
  }

 private:
  void set_request(const HttpPost& post) {
    body_ = post.body;
    for (const std::string& header : post.headers) headers_ = curl_slist_append(headers_, header.c_str());
    curl_easy_setopt(easy_, CURLOPT_URL, post.url.c_str());
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
    curl_easy_setopt(easy_, CURLOPT_USERAGENT, "cell0-orchestrator");
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(post.connect_timeout.count()));
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body_.data());
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Impl::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_.data());
  }

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& self = *static_cast<Impl*>(user);
    if (self.held_.size() + size * count > kHeldBytesMax) {
      self.curl_paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    self.held_.append(bytes, size * count);
    return size * count;
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* user, void*) {
    static_cast<Impl*>(user)->watch(fd, what);
    return 0;
  }

  static int on_timer(CURLM*, long wait_ms, void* user) {
    auto& self = *static_cast<Impl*>(user);
    if (wait_ms < 0) {
      self.timer_.stop();
    } else {
      self.timer_.start(std::chrono::milliseconds(wait_ms), [&self] { self.act(CURL_SOCKET_TIMEOUT, 0); });
    }
    return 0;
  }

  void watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
      if (const auto found = watches_.find(fd); found != watches_.end()) {
        found->second->release();  // now: whoever has it in his hands may keep it for a moment
        watches_.erase(found);
      }
      return;
    }
    auto& slot = watches_[fd];
    if (!slot) slot = std::make_shared<Watch>(io_, fd);
    slot->wanted = what;
    arm(slot, fd);
  }

  // libcurl is told of each readiness once; as long as it still wants it, the wait begins again.
  void arm(const std::shared_ptr<Watch>& watch, curl_socket_t fd) {
    if ((watch->wanted & CURL_POLL_IN) != 0) wait(watch, fd, Descriptor::wait_read, watch->reading, CURL_CSELECT_IN);
    if ((watch->wanted & CURL_POLL_OUT) != 0) wait(watch, fd, Descriptor::wait_write, watch->writing, CURL_CSELECT_OUT);
  }

  void wait(const std::shared_ptr<Watch>& watch, curl_socket_t fd, Descriptor::wait_type type, bool& waiting,
            int readiness) {
    if (std::exchange(waiting, true)) return;
    watch->descriptor.async_wait(type, [weak = weak_from_this(), watch_of = std::weak_ptr(watch), fd, type,
                                        readiness](const asio::error_code& error) {
      const auto self = weak.lock();
      const auto still = watch_of.lock();
      if (error || !self || !still || self->closed_) return;
      (type == Descriptor::wait_read ? still->reading : still->writing) = false;
      self->act(fd, readiness);
      const auto found = self->watches_.find(fd);
      if (!self->closed_ && found != self->watches_.end() && found->second == still) self->arm(still, fd);
    });
  }

  void act(curl_socket_t fd, int readiness) {
    const auto self = shared_from_this();
    int running = 0;
    curl_multi_socket_action(multi_, fd, readiness, &running);
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) done_ = true, code_ = message->data.result;
    }
    deliver();
  }

  // REQUIRES: not inside a callback of libcurl, since handlers may close us.
  void deliver() {
    const auto self = shared_from_this();
    while (!closed_ && !paused_ && !held_.empty()) {
      const std::string bytes = std::exchange(held_, {});
      handlers_.on_bytes(head(), bytes);
      // Goes on where on_body said stop; it fills held_ again from inside.
      if (!closed_ && std::exchange(curl_paused_, false)) curl_easy_pause(easy_, CURLPAUSE_CONT);
    }
    if (closed_ || paused_ || !done_ || std::exchange(told_, true)) return;
    const std::string why = error_.front() != '\0' ? error_.data() : curl_easy_strerror(code_);
    const auto tell = handlers_.on_end;
    tell(end_of(code_, head().status != 0), head(), why);
  }

  HttpHead head() const {
    long status = 0;
    const char* type = nullptr;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy_, CURLINFO_CONTENT_TYPE, &type);
    return {static_cast<int>(status), type != nullptr ? type : ""};
  }

  asio::io_context& io_;
  Handlers handlers_;
  CURLM* multi_ = nullptr;
  CURL* easy_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::string body_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches_;
  LoopTimer timer_;
  std::string held_;
  CURLcode code_ = CURLE_OK;
  bool paused_ = false;
  bool curl_paused_ = false;
  bool done_ = false;
  bool told_ = false;
  bool closed_ = false;
};

Result<std::unique_ptr<HttpStream>> HttpStream::start(asio::io_context& io, const HttpPost& post, Handlers handlers) {
  auto impl = std::make_shared<Impl>(io, std::move(handlers));
  std::unique_ptr<HttpStream> stream(new HttpStream(impl));
  if (!impl->start(post)) return Error{ErrorCode::kInternal, post.url + ": libcurl cannot be set up"};
  return stream;
}

HttpStream::~HttpStream() { impl_->close(); }

void HttpStream::pause(bool paused) { impl_->pause(paused); }

}  // namespace cell0::emit
