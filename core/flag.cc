// Names of the kinds, and what is left of a list of changes.
#include "core/flag.h"

#include <algorithm>

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
  std::vector<Flag> raised;
  for (const Flag& change : changes) {
    std::erase_if(raised, [&change](const Flag& before) {
      return before.kind == change.kind && before.site == change.site;
    });
    if (change.raised) raised.push_back(change);
  }
  return raised;
}

}  // namespace adares
