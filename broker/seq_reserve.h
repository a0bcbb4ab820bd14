// The small file that says which seqs may have been used: `<state.dir>/seq.reserve`.
//
// One line of text: "cell0-seq-reserve 1 <last seq of the block> <check>", the check being the FNV-1a of what is before
// it, in hex. Written whole beside it, synced, renamed over it, and the directory synced: after a power cut it is the
// old one or the new one.
#pragma once

#include <filesystem>
#include <optional>

#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

// Where reservations are kept. Virtual, so that tests can make it fail.
class SeqReserve {
 public:
  virtual ~SeqReserve() = default;

  // The last seq that may have been used; 0 if there never was one. kInvalid: it is there, but damaged; the text says
  // what to do. kUnavailable: it cannot be read.
  virtual Result<Seq> load() = 0;

  // Returns once it would survive a power cut. kUnavailable: it may or may not have been stored.
  virtual Result<void> store(Seq last) = 0;
};

class SeqReserveFile final : public SeqReserve {
 public:
  explicit SeqReserveFile(std::filesystem::path path) : path_(std::move(path)) {}

  Result<Seq> load() override;
  Result<void> store(Seq last) override;

 private:
  std::filesystem::path path_;
};

}  // namespace cell0::broker
