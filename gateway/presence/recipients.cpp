#include "gateway/presence/recipients.h"

#include <utility>

namespace cell0::gateway {

void Recipients::ask(const std::string& topic, Done done, bool connected) {
  if (!connected || waiting_count_ >= kWaitingMax) return done(count_here_(topic));
  ++waiting_count_;
  waiting_[topic].push_back(std::move(done));
}

v1::SubscriberCountsRequest Recipients::request() {
  v1::SubscriberCountsRequest request;
  while (!waiting_.empty() && request.topics_size() < kPerRequestMax) {
    auto question = waiting_.extract(waiting_.begin());
    waiting_count_ -= question.mapped().size();
    request.add_topics(question.key());
    asked_.insert(std::move(question));
  }
  asking_ = true;
  return request;
}

void Recipients::on_answer(const Result<v1::SubscriberCountsAnswer>& answer) {
  asking_ = false;
  Questions asked = std::exchange(asked_, {});
  if (answer) {
    for (const v1::SubscriberCount& count : answer->topics()) {
      const auto question = asked.extract(count.topic());
      if (question.empty()) continue;
      for (const Done& done : question.mapped()) done(count.subscribers());
    }
  }
  answer_here(std::move(asked));
}

void Recipients::on_link_down() {
  waiting_count_ = 0;
  answer_here(std::exchange(waiting_, {}));
}

void Recipients::answer_here(Questions questions) const {
  for (const auto& [topic, waiting] : questions) {
    for (const Done& done : waiting) done(count_here_(topic));
  }
}

}  // namespace cell0::gateway
