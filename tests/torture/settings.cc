#include "tests/torture/settings.h"

#include <cstdlib>
#include <random>
#include <stdexcept>

#include "absl/strings/numbers.h"

namespace adares::torture {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void Refuse(const char* name, const std::string& value, const char* wanted) {
  throw std::runtime_error(std::string(name) + " is \"" + value + "\"; it takes " + wanted);
}

uint64_t RandomSeed() {
  std::random_device device;
  return device();
}

}  // namespace

Settings SettingsFromEnvironment() {
  Settings settings;
  if (const std::string text = Variable("ADARES_TORTURE_SECONDS"); !text.empty()) {
    int64_t seconds = 0;
    if (!absl::SimpleAtoi(text, &seconds) || seconds < 1) {
      Refuse("ADARES_TORTURE_SECONDS", text, "a whole number from 1");
    }
    settings.length = std::chrono::seconds(seconds);
  }
  if (const std::string text = Variable("ADARES_TORTURE_SEED"); text == "random") {
    settings.seed = RandomSeed();
  } else if (!text.empty() && !absl::SimpleAtoi(text, &settings.seed)) {
    Refuse("ADARES_TORTURE_SEED", text, "a whole number from 0, or random");
  }
  if (const std::string text = Variable("ADARES_TORTURE_NETWORK"); text == "namespaces") {
    settings.network = Network::kNamespaces;
  } else if (!text.empty() && text != "proxies") {
    Refuse("ADARES_TORTURE_NETWORK", text, "proxies or namespaces");
  }
  return settings;
}

std::string Name(Network network) {
  return network == Network::kProxies ? "proxies" : "namespaces";
}

}  // namespace adares::torture
