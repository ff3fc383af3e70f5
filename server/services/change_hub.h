// ChangeHub tells streams which sweeps changed, and gives them a pulse.
//
// Thread-safe. Subscribers are called under the hub's lock: they must not block and must not call
// the hub back.
#pragma once

#include <chrono>
#include <mutex>
#include <set>
#include <string>

namespace adares {

class ChangeHub {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void Changed(const std::set<std::string>& sweeps) = 0;
    virtual void Tick(SteadyTime now) = 0;
    // The server stops: end with UNAVAILABLE.
    virtual void Stop() = 0;
  };

  // Returns false if the hub was stopped; the subscriber is not kept then.
  bool Subscribe(Subscriber* subscriber);
  // After it returned the subscriber is not called any more. Unknown subscribers are ignored.
  void Unsubscribe(Subscriber* subscriber);

  void NotifyChanged(const std::set<std::string>& sweeps);
  // Passed on at most ten times a second.
  void NotifyTick(SteadyTime now);
  void Stop();

  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::set<Subscriber*> subscribers_;  // guarded by mutex_
  SteadyTime last_tick_;               // guarded by mutex_
  bool stopped_ = false;               // guarded by mutex_
};

}  // namespace adares
