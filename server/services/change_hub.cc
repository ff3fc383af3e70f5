#include "server/services/change_hub.h"

namespace adares {

void ChangeHub::NotifyChanged(const std::set<std::string>& sweeps) {
  if (sweeps.empty()) return;
  subscribers_.ForEach([&](Subscriber& subscriber) { subscriber.Changed(sweeps); });
}

void ChangeHub::NotifyAllChanged() {
  subscribers_.ForEach([](Subscriber& subscriber) { subscriber.AllChanged(); });
}

void ChangeHub::NotifyTick(SteadyTime now) {
  if (now - last_tick_ < std::chrono::milliseconds(100)) return;
  last_tick_ = now;
  subscribers_.ForEach([now](Subscriber& subscriber) { subscriber.Tick(now); });
}

}  // namespace adares
