// [emit] and [emit.*]: the ready-made emitters, and the queue that they all publish through.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cell0 {

class Schema;

struct EmitSystemConfig {
  std::chrono::milliseconds interval{30'000};         // interval_ms: system_status
  std::chrono::milliseconds metrics_interval{5'000};  // metrics_interval_ms: system_metrics
  std::vector<std::string> disks = {"/"};
  bool gpu = true;
};

struct EmitLogConfig {
  std::vector<std::string> files;
  bool journald = true;
  bool stdin_lines = false;  // key: stdin
  bool from_start = false;
  std::chrono::milliseconds rescan_interval{1'000};  // rescan_interval_ms
  std::size_t line_bytes_max = 16 << 10;
  double lines_per_second_max = 1000;
};

struct EmitKernelConfig {
  std::string socket;              // as loaded: "" became <state.dir>/kernel.sock; "off": none
  std::string kmsg = "/dev/kmsg";  // "": off
  bool uevents = true;
  bool stdin_lines = false;  // key: stdin
  std::string kernel_id = "linux";
};

struct EmitModelConfig {
  std::vector<std::string> endpoints = {"http://127.0.0.1:11434"};
  std::chrono::milliseconds interval{5'000};  // interval_ms
  std::chrono::milliseconds timeout{3'000};   // timeout_ms
};

struct EmitChatConfig {
  std::string socket;        // as loaded: "" became <state.dir>/chat.sock; "off": none
  bool stdin_lines = false;  // key: stdin
  std::string channel = "general";
  std::string sender = "anonymous";
};

struct EmitDemoConfig {
  std::uint64_t seed = 1;
  double rate = 5.0;        // events a second
  std::uint64_t count = 0;  // events, then it ends; 0: on and on
  std::string type;         // "": the scene; else numbered events of this type only
};

struct EmitConfig {
  std::string emitter_id;  // "": made from the program's name and the host
  std::size_t queue_events_max = 8192;
  std::size_t queue_bytes_max = 8 << 20;
  std::size_t batch_events_max = 256;
  std::size_t window_batches_max = 8;
  std::chrono::milliseconds ack_timeout{2'000};  // ack_timeout_ms
  std::string admin_host = "127.0.0.1";
  std::uint16_t admin_port =
      0;  // of the first kind; each has its own place behind it (emitters/runtime/admin.h); 0: off
  EmitSystemConfig system;
  EmitLogConfig log;
  EmitKernelConfig kernel;
  EmitModelConfig model;
  EmitChatConfig chat;
  EmitDemoConfig demo;
};

void describe(Schema& schema, EmitConfig& config);

}  // namespace cell0
