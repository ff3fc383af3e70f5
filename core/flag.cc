// Names of the kinds, and what is left of a list of changes.
#include "core/flag.h"

#include <map>
#include <utility>

namespace adares {

std::string_view Name(FlagKind kind) {
  switch (kind) {
    case FlagKind::kSaturated:
      return "saturated";
    case FlagKind::kClosed:
      return "closed";
    case FlagKind::kBranchDead:
      return "branch-dead";
    case FlagKind::kDrifting:
      return "drifting";
    case FlagKind::kDiverging:
      return "diverging";
  }
  return "unknown";
}

std::optional<FlagKind> ParseFlagKind(std::string_view name) {
  for (const FlagKind kind : kFlagKinds) {
    if (Name(kind) == name) return kind;
  }
  return std::nullopt;
}

std::vector<Flag> RaisedFlags(const std::vector<Flag>& changes) {
  std::map<std::pair<FlagKind, std::string_view>, size_t> newest;
  for (size_t i = 0; i < changes.size(); ++i) newest[{changes[i].kind, changes[i].site}] = i;
  std::vector<Flag> raised;
  for (size_t i = 0; i < changes.size(); ++i) {
    if (changes[i].raised && newest.at({changes[i].kind, changes[i].site}) == i) {
      raised.push_back(changes[i]);
    }
  }
  return raised;
}

}  // namespace adares
