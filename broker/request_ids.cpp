#include "broker/request_ids.h"

namespace cell0::broker {

std::string RequestIds::key_of(std::string_view service, std::string_view request_id) {
  std::string key(service);  // names of services have no spaces
  key += ' ';
  key += request_id;
  return key;
}

void RequestIds::put(std::string_view service, std::string_view request_id, std::string_view worker, MonoTime now) {
  std::string key = key_of(service, request_id);
  Entry& entry = workers_[key];
  if (entry.worker == worker) return;  // its age counts from the first time
  entry.worker = worker;
  entry.number = next_number_++;
  ages_.push_back({std::move(key), entry.number, now});
  forget(now);
}

std::string_view RequestIds::find(std::string_view service, std::string_view request_id, MonoTime now) {
  forget(now);
  const auto found = workers_.find(key_of(service, request_id));
  return found == workers_.end() ? std::string_view() : found->second.worker;
}

void RequestIds::forget(MonoTime now) {
  while (!ages_.empty()) {
    const Age& oldest = ages_.front();
    const auto found = workers_.find(oldest.key);
    const bool current = found != workers_.end() && found->second.number == oldest.number;
    if (current && workers_.size() <= ids_max_ && now - oldest.at < age_max_) return;
    if (current) workers_.erase(found);
    ages_.pop_front();
  }
}

}  // namespace cell0::broker
