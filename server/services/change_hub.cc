#include "server/services/change_hub.h"

namespace adares {

bool ChangeHub::Subscribe(Subscriber* subscriber) {
  const std::lock_guard lock(mutex_);
  if (!stopped_) subscribers_.insert(subscriber);
  return !stopped_;
}

void ChangeHub::Unsubscribe(Subscriber* subscriber) {
  const std::lock_guard lock(mutex_);
  subscribers_.erase(subscriber);
}

void ChangeHub::NotifyChanged(const std::set<std::string>& sweeps) {
  if (sweeps.empty()) return;
  const std::lock_guard lock(mutex_);
  for (Subscriber* subscriber : subscribers_) subscriber->Changed(sweeps);
}

void ChangeHub::NotifyTick(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (now - last_tick_ < std::chrono::milliseconds(100)) return;
  last_tick_ = now;
  for (Subscriber* subscriber : subscribers_) subscriber->Tick(now);
}

void ChangeHub::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (Subscriber* subscriber : subscribers_) subscriber->Stop();
}

size_t ChangeHub::size() const {
  const std::lock_guard lock(mutex_);
  return subscribers_.size();
}

}  // namespace adares
