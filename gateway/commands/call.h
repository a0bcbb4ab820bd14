// One request of a client while it is executed, and from then on until it is answered. A value: an answer that comes
// later keeps it.
#pragma once

#include <string>

#include "common/result.h"
#include "gateway/core.h"
#include "gateway/dialects/command.h"
#include "gateway/dialects/reply.h"
#include "gateway/transport/connection.h"

namespace cell0::gateway {

class Session;

class Call {
 public:
  Call(Core& core, Session& session, ReplyContext context);

  Core& core() const { return *core_; }
  // Null: the client has gone. Never within execute().
  Session* session() const;

  // Exactly one of these, once; nothing happens if the client has gone.
  void reply(const Reply& reply) const;
  void fail(Fault fault, std::string text, std::string data = {}) const {
    this->reply(ErrorReply{std::move(text), fault, std::move(data)});
  }
  void fail(const Error& error) const { fail(fault_of(error.code), error.text); }

  const ReplyContext& context() const { return context_; }

 private:
  Core* core_;
  Session* session_;
  ConnectionRef connection_;
  ReplyContext context_;
};

}  // namespace cell0::gateway
