#include "server/services/change_rate.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {

std::string_view HostOfPeer(std::string_view peer) {
  if (peer.starts_with("unix")) return peer;
  return peer.substr(0, peer.rfind(':'));
}

double ChangeRate::LeftAt(const Stock& stock, Instant now) const {
  const double seconds = std::chrono::duration<double>(now - stock.at).count();
  return std::min(limits_.burst, stock.left + std::max(0.0, seconds) * limits_.per_second);
}

ChangeRate::Stock& ChangeRate::StockOf(std::string_view peer, Instant now) {
  std::string host(HostOfPeer(peer));
  if (!stocks_.contains(host) && stocks_.size() >= kMostPeers) {
    std::erase_if(stocks_,
                  [&](const auto& entry) { return LeftAt(entry.second, now) >= limits_.burst; });
    if (stocks_.size() >= kMostPeers) host.clear();
  }
  Stock& stock = stocks_.try_emplace(host, Stock{limits_.burst, now}).first->second;
  stock = {LeftAt(stock, now), std::max(stock.at, now)};
  return stock;
}

absl::Status ChangeRate::Take(std::string_view peer, Instant now) {
  const std::lock_guard lock(mutex_);
  Stock& stock = StockOf(peer, now);
  if (stock.left <= 0) {
    const double seconds = std::ceil((1 - stock.left) / limits_.per_second);
    return MakeError(absl::StatusCode::kUnavailable, reason::kOverloaded,
                     absl::StrCat("more changes are asked for from ", std::string(HostOfPeer(peer)),
                                  " than one machine may: ", limits_.per_second,
                                  " a second; try again in ", seconds, " s"));
  }
  stock.left -= 1;
  return absl::OkStatus();
}

void ChangeRate::Charge(std::string_view peer, double cost, Instant now) {
  const std::lock_guard lock(mutex_);
  StockOf(peer, now).left -= cost;
}

}  // namespace adares
