#include "tests/torture/namespace_link.h"

#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace adares::torture {
namespace {

constexpr char kIp[] = "/usr/sbin/ip";
constexpr char kSs[] = "/usr/bin/ss";
constexpr char kTc[] = "/usr/sbin/tc";
constexpr char kNsenter[] = "/usr/bin/nsenter";
constexpr char kUnshare[] = "/usr/bin/unshare";

std::string NetworkOf(const std::string& process) {
  return absl::StrCat("/proc/", process, "/ns/net");
}

}  // namespace

NamespaceLink::NamespaceLink(int number, int port, const std::string& folder)
    : number_(number), port_(port), folder_(folder), device_(absl::StrCat("torture", number)) {
  holder_ = std::make_unique<fixtures::Program>(fixtures::Program::Options{
      .path = kUnshare,
      .arguments = {"--net", "sh", "-c", "echo ready; exec sleep infinity"},
      .log = absl::StrCat(folder_, "/holder", number)});
  if (!holder_->Says("ready")) {
    throw std::runtime_error("no network namespace: " + holder_->Errors());
  }
  const std::string holder = std::to_string(holder_->pid());
  const std::string far = device_ + "w";
  Run({kIp, "link", "add", device_, "type", "veth", "peer", "name", far});
  Run({kIp, "link", "set", far, "netns", holder});
  Run({kIp, "addr", "add", absl::StrCat("10.77.", number_, ".1/30"), "dev", device_});
  Run({kIp, "link", "set", device_, "up"});
  Run(AtTheFarEnd({kIp, "addr", "add", absl::StrCat("10.77.", number_, ".2/30"), "dev", far}));
  Run(AtTheFarEnd({kIp, "link", "set", far, "up"}));
  Run(AtTheFarEnd({kIp, "link", "set", "lo", "up"}));
}

std::string NamespaceLink::address() const { return absl::StrCat("10.77.", number_, ".1:", port_); }

std::vector<std::string> NamespaceLink::AtTheFarEnd(std::vector<std::string> command) const {
  std::vector<std::string> whole = {kNsenter, "--net=" + NetworkOf(std::to_string(holder_->pid()))};
  whole.insert(whole.end(), command.begin(), command.end());
  return whole;
}

void NamespaceLink::Cut() { SetUp(false); }

void NamespaceLink::Slow() {
  if (std::exchange(is_slow_, true)) return;
  Run({kTc, "qdisc", "add", "dev", device_, "root", "tbf", "rate", "200kbit", "burst", "4kb",
       "latency", "300ms"});
}

// Both ends are told by the kernel. Where it cannot do that, the cut is the nearest.
void NamespaceLink::Break() {
  Run({kSs, "--kill", "--tcp", "dst", absl::StrCat("10.77.", number_, ".2")});
  SetUp(false);
  SetUp(true);
}

void NamespaceLink::Mend() {
  if (std::exchange(is_slow_, false)) Run({kTc, "qdisc", "del", "dev", device_, "root"});
  SetUp(true);
}

void NamespaceLink::SetUp(bool up) { Run({kIp, "link", "set", device_, up ? "up" : "down"}); }

void NamespaceLink::Run(const std::vector<std::string>& command) {
  fixtures::Program program({.path = command.front(),
                             .arguments = {command.begin() + 1, command.end()},
                             .log = absl::StrCat(folder_, "/link", number_)});
  const fixtures::ProgramResult result = program.Finish();
  if (result.exit_code == 0) return;
  throw std::runtime_error(absl::StrCat(absl::StrJoin(command, " "), ": ", result.err));
}

}  // namespace adares::torture
