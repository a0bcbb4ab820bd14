#include "tests/bench/broker/subject.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <zmq.hpp>

namespace cell0::bench {
namespace {

// Below the range from which the kernel takes the ports of outgoing connections: one of those could be in its place by
// the time that it is bound.
std::string free_endpoint() {
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<std::uint16_t> ports(10'000, 31'999);
  for (;;) {
    const std::uint16_t port = ports(random);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    if (bound) return "tcp://127.0.0.1:" + std::to_string(port);
  }
}

}  // namespace

Endpoints free_endpoints() { return {free_endpoint(), free_endpoint(), free_endpoint()}; }

Subject::Subject(const std::string& program, std::vector<std::string> arguments, Endpoints endpoints)
    : endpoints_(std::move(endpoints)), pid_(::fork()) {
  if (pid_ != 0) return;
  std::vector<char*> argv;
  std::string name = program;
  argv.push_back(name.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
  std::perror(program.c_str());
  std::_Exit(127);
}

Subject::~Subject() {
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

double Subject::cpu_seconds() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // from the third field on (proc(5))
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

void run_proxy(const Endpoints& endpoints) {
  zmq::context_t context(2);  // I/O threads, as many as the broker has
  zmq::socket_t in(context, zmq::socket_type::xsub);
  zmq::socket_t out(context, zmq::socket_type::xpub);
  for (zmq::socket_t* socket : {&in, &out}) {
    socket->set(zmq::sockopt::rcvhwm, 100'000);
    socket->set(zmq::sockopt::sndhwm, 100'000);
  }
  in.bind(endpoints.ingest);
  out.bind(endpoints.fanout);
  try {
    zmq::proxy(in, out);
  } catch (const zmq::error_t&) {  // SIGTERM came between two of its calls
  }
  std::_Exit(0);
}

}  // namespace cell0::bench
