// Names of the kinds, and what is left of a list of changes.
#include "core/flag.h"

#include <algorithm>
#include <array>
#include <utility>

namespace adares {
namespace {

constexpr std::array<std::pair<FlagKind, std::string_view>, 5> kKinds = {{
    {FlagKind::kSaturated, "saturated"},
    {FlagKind::kClosed, "closed"},
    {FlagKind::kBranchDead, "branch-dead"},
    {FlagKind::kDrifting, "drifting"},
    {FlagKind::kDiverging, "diverging"},
}};

}  // namespace

std::string_view Name(FlagKind kind) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(),
                                   [kind](const auto& entry) { return entry.first == kind; });
  return found == kKinds.end() ? "unknown" : found->second;
}

std::optional<FlagKind> ParseFlagKind(std::string_view name) {
  for (const auto& [kind, word] : kKinds) {
    if (word == name) return kind;
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
