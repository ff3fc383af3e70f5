// How a torture test is made: how long, with which seed, over which network.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace adares::torture {

enum class Network {
  kProxies,     // each worker reaches the server through a proxy of the test
  kNamespaces,  // each worker has a network of its own, with one wire to the server's; needs root
};

struct Settings {
  std::chrono::seconds length{20};  // of the time with faults
  uint64_t seed = 4;
  Network network = Network::kProxies;

  // Long enough for everything to happen: only then that is expected.
  bool is_long() const { return length >= std::chrono::seconds(60); }
};

// From ADARES_TORTURE_SECONDS, ADARES_TORTURE_SEED ("random" draws one) and ADARES_TORTURE_NETWORK
// (proxies, namespaces), each of which may be unset. Throws std::runtime_error naming the one that
// is wrong.
Settings SettingsFromEnvironment();

std::string Name(Network network);

}  // namespace adares::torture
