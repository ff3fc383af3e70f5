// Optimal string alignment distance over short words.
#include "core/near_miss.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace adares {
namespace {

constexpr size_t kLongestWord = 64;  // hostile input must not cost quadratic time

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({replace, cost[i - 1][j] + 1, cost[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

// The one candidate that begins with the word.
std::optional<std::string> OnlyCompletion(std::string_view word,
                                          const std::vector<std::string>& candidates) {
  constexpr size_t kShortestStem = 3;
  if (word.size() < kShortestStem) return std::nullopt;
  std::optional<std::string> completion;
  for (const std::string& candidate : candidates) {
    if (!candidate.starts_with(word)) continue;
    if (completion) return std::nullopt;
    completion = candidate;
  }
  return completion;
}

}  // namespace

std::optional<std::string> NearMiss(std::string_view word,
                                    const std::vector<std::string>& candidates) {
  if (word.size() > kLongestWord) return std::nullopt;
  if (auto completion = OnlyCompletion(word, candidates)) return completion;
  const size_t tolerance = std::max<size_t>(1, word.size() / 3);
  std::optional<std::string> nearest;
  size_t smallest = tolerance + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > kLongestWord) continue;
    const size_t distance = EditDistance(word, candidate);
    if (distance < smallest) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates) {
  if (const auto nearest = NearMiss(word, candidates)) {
    return absl::StrCat("; did you mean \"", *nearest, "\"?");
  }
  return absl::StrCat("; known are ", absl::StrJoin(candidates, ", "));
}

}  // namespace adares
