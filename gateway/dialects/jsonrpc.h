// The jsonrpc dialect (dialects.md section 2): JSON-RPC 2.0 with named parameters. This is its envelope: requests,
// notifications, batches, errors. The methods and their parameters: jsonrpc_methods.h; what leaves:
// jsonrpc_replies.cpp.
#pragma once

#include <string_view>

#include "gateway/dialects/dialect.h"

namespace cell0::gateway {

// One of the dialect's kinds of notifications.
class JsonRpcRenderer final : public Renderer {
 public:
  using Params = void (*)(std::string& out, const Event& event);  // appends an object

  // `subscription` names it in the notices.
  constexpr JsonRpcRenderer(std::string_view method, std::string_view subscription, Params params)
      : method_(method), subscription_(subscription), params_(params) {}

  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;

 private:
  std::string_view method_;
  std::string_view subscription_;
  Params params_;
};

class JsonRpcDialect final : public Dialect {
 public:
  static constexpr std::size_t kBatchMax = 100;            // requests of a batch
  static constexpr std::size_t kBatchBytesMax = 8u << 20;  // of the replies of one; what is beyond is an error
  static constexpr std::size_t kDepthMax = 32 + 3;         // of a message in params in a batch

  explicit JsonRpcDialect(KeepAlive keep_alive = {std::chrono::seconds(30), std::chrono::seconds(60),
                                                  std::chrono::seconds(30)});

  std::string_view name() const override { return "jsonrpc"; }
  v1::Audience audience() const override { return v1::AUDIENCE_STREAM; }
  std::string_view default_name() const override { return ""; }
  KeepAlive keep_alive() const override { return keep_alive_; }
  Manners manners() const override;
  const Renderer& renderer(Feed feed) const override;

  Decoded decode(std::string_view text) const override;
  void reply(std::string& out, const ReplyContext& context, const Reply& reply) const override;

  void event(std::string& out, const Event& event) const override { events_.event(out, event); }
  void skipped(std::string& out, const Skipped& skipped) const override { events_.skipped(out, skipped); }
  void resumed(std::string& out, const Resumed& resumed) const override { events_.resumed(out, resumed); }

 private:
  JsonRpcRenderer events_;
  JsonRpcRenderer channels_;
  JsonRpcRenderer inbox_;
  JsonRpcRenderer presence_;
  KeepAlive keep_alive_;
};

// The code of an error object (dialects.md section 2, "Codes").
int jsonrpc_code(Fault fault);

// The reply as a whole JSON object: a response to `id` (JSON text), or what the server says unasked.
std::string jsonrpc_text(const std::string& id, const Reply& reply);

}  // namespace cell0::gateway
