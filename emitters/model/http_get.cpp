#include "emitters/model/http_get.h"

#include <curl/curl.h>

namespace cell0::emit {

struct HttpGetter::Impl {
  CURL* curl = nullptr;
  const std::atomic<bool>* stop = nullptr;
  std::string body;
  bool too_large = false;

  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* user) {
    auto& self = *static_cast<Impl*>(user);
    if (self.body.size() + size * count > kBodyBytesMax) {
      self.too_large = true;
      return 0;
    }
    self.body.append(bytes, size * count);
    return size * count;
  }

  static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Impl*>(user)->stop->load() ? 1 : 0;
  }
};

HttpGetter::HttpGetter(std::chrono::milliseconds timeout, const std::atomic<bool>& stop)
    : impl_(std::make_unique<Impl>()) {
  impl_->stop = &stop;
  impl_->curl = curl_easy_init();
  if (impl_->curl == nullptr) return;
  curl_easy_setopt(impl_->curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(impl_->curl, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(impl_->curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(impl_->curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
  curl_easy_setopt(impl_->curl, CURLOPT_USERAGENT, "cell0-emit-model");
  curl_easy_setopt(impl_->curl, CURLOPT_WRITEFUNCTION, &Impl::on_body);
  curl_easy_setopt(impl_->curl, CURLOPT_WRITEDATA, impl_.get());
  curl_easy_setopt(impl_->curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(impl_->curl, CURLOPT_XFERINFOFUNCTION, &Impl::on_progress);
  curl_easy_setopt(impl_->curl, CURLOPT_XFERINFODATA, impl_.get());
}

HttpGetter::~HttpGetter() { curl_easy_cleanup(impl_->curl); }

Result<HttpAnswer> HttpGetter::get(const std::string& url) {
  if (impl_->curl == nullptr) return Error{ErrorCode::kInternal, "libcurl cannot be initialised"};
  impl_->body.clear();
  impl_->too_large = false;
  curl_easy_setopt(impl_->curl, CURLOPT_URL, url.c_str());
  const CURLcode code = curl_easy_perform(impl_->curl);
  if (impl_->too_large) return Error{ErrorCode::kTooLarge, url + ": the answer is over 4 MiB"};
  if (code != CURLE_OK) return Error{ErrorCode::kUnavailable, url + ": " + curl_easy_strerror(code)};
  long status = 0;
  curl_easy_getinfo(impl_->curl, CURLINFO_RESPONSE_CODE, &status);
  return HttpAnswer{static_cast<int>(status), std::move(impl_->body)};
}

}  // namespace cell0::emit
