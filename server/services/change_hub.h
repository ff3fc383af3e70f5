// ChangeHub tells streams which sweeps changed, and gives them a pulse.
//
// Thread-safe, but for NotifyTick, which one thread calls. Subscribers are called under the hub's
// lock: they must not block and must not call the hub back.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "server/services/open_streams.h"

namespace adares {

class ChangeHub {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  class Subscriber {
   public:
    virtual ~Subscriber() = default;
    virtual void Changed(const std::set<std::string>& sweeps) = 0;
    virtual void AllChanged() = 0;
    virtual void Tick(SteadyTime now) = 0;
    // The server stops: end with UNAVAILABLE.
    virtual void Stop() = 0;
  };

  // How long subscribers may let their clients go without a message. Set it before the first one.
  void SetHeartbeat(std::chrono::milliseconds heartbeat) { heartbeat_ = heartbeat; }
  std::chrono::milliseconds heartbeat() const { return heartbeat_; }
  // How long a message may wait for its reader; likewise.
  void SetPatience(std::chrono::milliseconds patience) { patience_ = patience; }
  std::chrono::milliseconds patience() const { return patience_; }
  // How many subscribers there may be; likewise.
  void SetLimit(size_t limit) { subscribers_.SetLimit(limit); }

  // As OpenStreams::Add.
  absl::Status Subscribe(Subscriber* subscriber) { return subscribers_.Add(subscriber); }
  // After it returned the subscriber is not called any more. Unknown subscribers are ignored.
  void Unsubscribe(Subscriber* subscriber) { subscribers_.Remove(subscriber); }

  void NotifyChanged(const std::set<std::string>& sweeps);
  void NotifyAllChanged();
  // Passed on at most ten times a second.
  void NotifyTick(SteadyTime now);
  void Stop() { subscribers_.Stop(); }

  size_t size() const { return subscribers_.size(); }

 private:
  OpenStreams<Subscriber> subscribers_;
  std::chrono::milliseconds heartbeat_{15'000};
  std::chrono::milliseconds patience_{300'000};
  SteadyTime last_tick_;  // the ticking thread only
};

}  // namespace adares
