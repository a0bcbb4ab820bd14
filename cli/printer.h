// Printer: events to standard output, one a line; notices to standard error.
#pragma once

#include <cstdint>
#include <string>

#include "cell0/v1/control.pb.h"

namespace cell0::cli {

class Printer {
 public:
  explicit Printer(bool pretty);

  // False: nobody reads any more (a closed pipe).
  bool print(const v1::Delivered& event);
  bool flush();

  std::uint64_t printed() const { return printed_; }

 private:
  bool pretty_;
  bool colours_;
  std::uint64_t printed_ = 0;
};

// "cell0: <text>" on standard error.
void complain(const std::string& text);

}  // namespace cell0::cli
