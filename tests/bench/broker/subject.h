// What is measured, as a process of its own: cell0-broker, or zmq_proxy (this very program, told to be one).
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cell0::bench {

struct Endpoints {
  std::string ingest;   // publishers connect here (PUB)
  std::string fanout;   // subscribers (SUB)
  std::string control;  // the acknowledged path (DEALER); the proxy has none
};

class Subject {
 public:
  // Starts the program; it is stopped and reaped at the end of the Subject's life.
  Subject(const std::string& program, std::vector<std::string> arguments, Endpoints endpoints);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  const Endpoints& endpoints() const { return endpoints_; }
  double cpu_seconds() const;  // user and system, of all its threads

 private:
  Endpoints endpoints_;
  pid_t pid_ = -1;
};

// zmq_proxy between XSUB and XPUB until it is killed: what `Subject` starts for the baseline.
[[noreturn]] void run_proxy(const Endpoints& endpoints);

// On free ports of loopback.
Endpoints free_endpoints();

}  // namespace cell0::bench
