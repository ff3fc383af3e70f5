#include "tests/torture/results.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/fixtures/database.h"
#include "tests/torture/row_rules.h"

namespace adares::torture {
namespace {

constexpr size_t kLinesOfATrial = 3;

// Those of one that the other has not.
std::string Missing(const std::string& trial, const char* what,
                    const std::multiset<std::string>& of, const std::multiset<std::string>& in) {
  std::vector<std::string> lines;
  std::set_difference(of.begin(), of.end(), in.begin(), in.end(), std::back_inserter(lines));
  std::string text;
  for (size_t i = 0; i < std::min(lines.size(), kLinesOfATrial); ++i) {
    absl::StrAppend(&text, trial, " ", what, " ", lines[i], "\n");
  }
  if (lines.size() > kLinesOfATrial) {
    absl::StrAppend(&text, trial, " ", what, " ", lines.size() - kLinesOfATrial, " more\n");
  }
  return text;
}

// Lines begin with their step.
std::multiset<std::string> UpTo(int64_t last_step, const std::multiset<std::string>& lines) {
  std::multiset<std::string> early;
  for (const std::string& line : lines) {
    int64_t step = 0;
    const bool has_step = absl::SimpleAtoi(line.substr(0, line.find('|')), &step);
    if (has_step && step <= last_step) early.insert(line);
  }
  return early;
}

}  // namespace

Results ResultsOf(const std::string& path, const std::string& sweep) {
  const fixtures::Database database(path);
  const std::string where = absl::StrCat(" WHERE sweep = '", sweep, "'");
  Results results;
  for (const std::string& query :
       {absl::StrCat("SELECT trial, step, 'point', key, epoch, value FROM v1_metrics", where,
                     " AND key NOT LIKE 'time/%' AND key <> '", kAttemptKey, "'"),
        absl::StrCat("SELECT trial, step, 'weight', site, epoch, value, gradient, s, r,"
                     " gradient_snr, path_ratio, skip_share FROM v1_skip_weights",
                     where),
        absl::StrCat("SELECT trial, step, 'flag', kind, site, epoch, raised, message"
                     " FROM v1_flags",
                     where),
        absl::StrCat("SELECT trial, 'end', 'hashes', digests FROM v1_attempts", where,
                     " AND end_reason = 'finished'")}) {
    for (const std::string& row : database.Rows(query)) {
      const size_t bar = row.find('|');
      results[row.substr(0, bar)].insert(row.substr(bar + 1));
    }
  }
  return results;
}

std::string Difference(const Results& expected, const Results& actual,
                       const std::set<std::string>& stopped, int64_t last_step) {
  std::string text;
  for (const auto& [trial, lines] : expected) {
    const auto found = actual.find(trial);
    if (found == actual.end()) {
      absl::StrAppend(&text, trial, " has no results\n");
      continue;
    }
    const auto wanted = stopped.contains(trial) ? UpTo(last_step, lines) : lines;
    absl::StrAppend(&text, Missing(trial, "lacks", wanted, found->second),
                    Missing(trial, "has, and should not:", found->second, lines));
  }
  for (const auto& [trial, lines] : actual) {
    if (!expected.contains(trial)) absl::StrAppend(&text, trial, " should not be there\n");
  }
  return text;
}

}  // namespace adares::torture
