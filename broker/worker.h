// Work that may block (a disk), off the loop: jobs one after the other, each followed by its `done` on the loop.
//
// Virtual, so that a simulation can run jobs in virtual time. In production: ThreadWorker.
#pragma once

#include <cstddef>
#include <functional>

namespace cell0::broker {

class Worker {
 public:
  static constexpr std::size_t kJobsMax = 16;  // given and not done; its users bound themselves to fewer

  virtual ~Worker() = default;

  // Runs `job` off the loop once all jobs before it have run, then `done` on the loop's thread; neither before it
  // returns. What `job` touches is the job's alone until `done`. REQUIRES: called on the loop's thread; fewer than
  // kJobsMax are under way.
  virtual void run(std::function<void()> job, std::function<void()> done) = 0;
};

}  // namespace cell0::broker
