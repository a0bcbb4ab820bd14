// Server-sent events (dialects.md section 6): one event a message, its seq as the id, so that Last-Event-ID resumes.
#pragma once

#include "gateway/renderer.h"

namespace cell0::gateway {

class StreamRenderer final : public Renderer {
 public:
  void event(std::string& out, const Event& event) const override;
  void skipped(std::string& out, const Skipped& skipped) const override;
  void resumed(std::string& out, const Resumed& resumed) const override;
};

}  // namespace cell0::gateway
