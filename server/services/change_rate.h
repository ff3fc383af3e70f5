// How much each machine may change in a time, so that a program that runs wild does not fill the
// disk or keep the coordinator from the others.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"

namespace adares {

// Of "ipv4:10.0.0.7:41234" what stays the same from connection to connection: "ipv4:10.0.0.7".
std::string_view HostOfPeer(std::string_view peer);

// Each peer has a stock of changes that grows back. Thread-safe.
class ChangeRate {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  struct Limits {
    double per_second = 100;
    double burst = 2'000;  // the whole stock
  };
  // Peers beyond so many share one stock.
  static constexpr size_t kMostPeers = 1'000;

  explicit ChangeRate(const Limits& limits) : limits_(limits) {}

  // Takes one change of the peer's stock; UNAVAILABLE OVERLOADED where nothing is left of it.
  absl::Status Take(std::string_view peer, Instant now);

  // Takes what a change cost besides, whatever is left: it is paid back by waiting.
  void Charge(std::string_view peer, double cost, Instant now);

 private:
  struct Stock {
    double left = 0;
    Instant at;  // when that was so
  };
  // With mutex_ held.
  Stock& StockOf(std::string_view peer, Instant now);
  double LeftAt(const Stock& stock, Instant now) const;

  const Limits limits_;
  std::mutex mutex_;
  std::unordered_map<std::string, Stock> stocks_;  // by peer; guarded by mutex_
};

}  // namespace adares
