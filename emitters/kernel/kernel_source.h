// KernelSource: the kernel's log and device events, and the line protocol of compute kernels, as mcic_event events.
#pragma once

#include <asio/posix/stream_descriptor.hpp>
#include <memory>
#include <string>

#include "emitters/kernel/kmsg.h"
#include "emitters/runtime/host.h"
#include "emitters/runtime/line_server.h"
#include "emitters/runtime/rate_bound.h"

namespace cell0::emit {

// What may not be read is said in the log, and the rest goes on.
class KernelSource final : public Source {
 public:
  // kConflict, kInternal: the socket; the error names its path.
  static Result<std::unique_ptr<Source>> create(Host& host);

 private:
  // A storm of the kernel's own messages is cut; their sequence numbers show the gap.
  static constexpr double kMessagesPerSecondMax = 500;

  explicit KernelSource(Host& host);
  Result<void> open_socket();
  void open_kmsg();
  void open_uevents();
  void open_stdin();
  void wait_kmsg();
  void read_kmsg();
  void on_kmsg(const KmsgRecord& record);
  void wait_uevents();
  void read_uevents();
  Result<void> on_line(const LineSplitter::Line& line);

  Host& host_;
  const EmitKernelConfig& config_;
  RateBound bound_;
  LogThrottle refused_;
  asio::posix::stream_descriptor kmsg_;
  asio::posix::stream_descriptor uevents_;
  std::unique_ptr<LineServer> server_;
  std::unique_ptr<LineReader> stdin_;
};

}  // namespace cell0::emit
