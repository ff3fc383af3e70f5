// What training notices about itself: conditions under which a result means something else than its
// numbers seem to say. docs/trainer.md has the rules. Thread-safe: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace adares {

enum class FlagKind {
  kSaturated,   // a weight lies where its map is flat, or at its bound, and is pushed further
  kClosed,      // a learned weight stays at 0
  kBranchDead,  // one path of a residual sum is all of it
  kDrifting,    // a weight still moved when training ended
  kDiverging,   // the training loss is far above what it was
};

inline constexpr std::array kFlagKinds = {FlagKind::kSaturated, FlagKind::kClosed,
                                          FlagKind::kBranchDead, FlagKind::kDrifting,
                                          FlagKind::kDiverging};

// A longer message is refused wherever flags are read.
inline constexpr size_t kMaxFlagMessageBytes = 1'024;

// A condition that began, or that is over. Told once each time, never row by row.
struct Flag {
  FlagKind kind = FlagKind::kSaturated;
  // The site, or what sites share their weight under ("all", "layer1", "identity"); empty for the
  // trial as a whole.
  std::string site;
  int64_t step = 0;     // optimizer steps done when it was noticed
  int64_t epoch = 0;    // whole epochs done at that step
  bool raised = true;   // or cleared
  std::string message;  // for people, with the numbers
  bool operator==(const Flag&) const = default;
};

// The lower-case, hyphenated word used in SQL, JSON and the CLI: "branch-dead".
std::string_view Name(FlagKind kind);
std::optional<FlagKind> ParseFlagKind(std::string_view name);

// What is raised and not cleared after all of `changes`, which are in the order of their steps; the
// newest of each kind and site, in the order in which they were raised.
std::vector<Flag> RaisedFlags(const std::vector<Flag>& changes);

}  // namespace adares
