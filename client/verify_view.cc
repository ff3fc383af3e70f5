// One row for each digest, and a verdict over them.
#include "client/verify_view.h"

#include "absl/strings/str_cat.h"
#include "client/resource_argument.h"
#include "client/table.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

std::string Word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kIdentical:
      return "identical";
    case Verdict::kDifferent:
      return "different";
    case Verdict::kNotComparable:
      break;
  }
  return "not-comparable";
}

std::string Again(const Verification& result, const std::string& name) {
  const auto found = result.now.find(name);
  return found == result.now.end() ? "" : found->second;
}

std::string WayOut(const Verification& result) {
  if (result.threads_missed.empty()) {
    return "Verify it where the attempt ran and with that version of adares, or on a machine that "
           "is the same in this.";
  }
  return absl::StrCat("Leave --threads out, or give it the number that the attempt had: ",
                      result.threads_missed, ".");
}

std::string Sentence(const Verification& result, bool color) {
  switch (result.verdict()) {
    case Verdict::kIdentical:
      return absl::StrCat(Paint("identical to the last bit", Tone::kGood, color),
                          result.program.empty() ? "" : ", by another program: ", result.program,
                          "\n");
    case Verdict::kDifferent:
      if (!result.program.empty()) {
        return absl::StrCat(Paint("different", Tone::kBad, color),
                            ", as another program may be: ", result.program, "\n");
      }
      return Paint("different, though nothing that decides over bits differs", Tone::kBad, color) +
             "\n";
    case Verdict::kNotComparable:
      break;
  }
  return absl::StrCat(Paint("not comparable to the last bit here", Tone::kActive, color), ": ",
                      result.difference, "\nIt was not trained again. ", WayOut(result), "\n");
}

}  // namespace

Verdict Verification::verdict() const {
  if (!difference.empty()) return Verdict::kNotComparable;
  return now == then ? Verdict::kIdentical : Verdict::kDifferent;
}

std::string VerificationText(const Verification& result, bool color) {
  std::string text = absl::StrCat(ShortName(result.trial), ", attempt ", result.attempt, " on ",
                                  ShortName(result.worker), ": ", Sentence(result, color));
  if (result.now.empty()) return text;
  Table table;
  table.columns = {{"DIGEST", false}, {"ATTEMPT", false}, {"AGAIN", false}};
  constexpr size_t kShown = 12;
  for (const auto& [name, hex] : result.then) {
    const std::string again = Again(result, name);
    table.rows.push_back({name,
                          hex.substr(0, kShown),
                          {again.substr(0, kShown), again == hex ? Tone::kPlain : Tone::kBad}});
  }
  return text + "\n" + RenderTable(table, color);
}

std::vector<CsvRow> VerificationCsv(const Verification& result) {
  std::vector<CsvRow> rows = {{"trial", "attempt", "verdict", "digest", "was", "is"}};
  for (const auto& [name, hex] : result.then) {
    rows.push_back({ShortName(result.trial), absl::StrCat(result.attempt), Word(result.verdict()),
                    name, hex, Again(result, name)});
  }
  return rows;
}

std::string VerificationJson(const Verification& result) {
  const nlohmann::ordered_json json = {{"trial", result.trial},
                                       {"attempt", result.attempt},
                                       {"worker", result.worker},
                                       {"verdict", Word(result.verdict())},
                                       {"difference", result.difference},
                                       {"programDifference", result.program},
                                       {"was", result.then},
                                       {"is", result.now}};
  return json.dump(2) + "\n";
}

}  // namespace adares::client
