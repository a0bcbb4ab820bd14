// Who orders events and keeps them: the one virtual seam of the broker (design, section 4).
//
// Now: LogSequencer, whose commits end after append() has returned. Later: one that follows a replicated log. At most
// one append is under way; what arrives meanwhile gathers in the next Drafts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/drafts.h"
#include "common/clock.h"
#include "common/result.h"
#include "common/seq.h"

namespace cell0::broker {

class Sequencer {
 public:
  // Numbered and kept as their rules say: publish them now.
  using OnCommitted = std::function<void(Drafts& committed)>;
  // After OnCommitted, with the same drafts: acknowledge them now. Or an error, without OnCommitted: nothing of them
  // is kept, or will be found once the store works again; the same events may be appended anew, with other seqs.
  using Done = std::function<void(std::unique_ptr<Drafts> drafts, Result<void> result)>;

  virtual ~Sequencer() = default;

  // REQUIRES: called once, before append().
  virtual void on_committed(OnCommitted handler) = 0;

  // Gives the drafts the next seqs, in their order, and commits them as one. Calls the handlers exactly once each, on
  // the loop's thread, perhaps before it returns. Drafts may have notes and no events: then the notes alone are
  // committed, and no seq is used. REQUIRES: !busy(); drafts has events or notes.
  virtual void append(std::unique_ptr<Drafts> drafts, WallTime now, Done done) = 0;

  virtual bool busy() const = 0;

  struct Kept {
    std::uint64_t events = 0;
    std::uint64_t bytes = 0;
  };
  virtual Kept kept() const = 0;

  // Why it may not take events; empty: all is well. For /readyz.
  virtual std::string trouble() const = 0;

  virtual Seq start() const = 0;  // first seq of this run
  virtual Seq head() const = 0;   // last seq committed; start - 1 before the first
};

}  // namespace cell0::broker
