#include "server/store/trial_rows.h"

#include "core/status.h"

namespace adares {
namespace {

absl::Status UnknownWord(const std::string& what, const std::string& word) {
  return MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                   "a trial has the unknown " + what + " " + word);
}

}  // namespace

absl::StatusOr<TrialStage> ReadStage(const Query& query, int first_column) {
  const std::string word = query.Text(first_column);
  const auto state = ParseTrialState(word);
  if (!state) return UnknownWord("state", word);
  if (query.IsNull(first_column + 1)) return TrialStage{*state};
  const std::string aim_word = query.Text(first_column + 1);
  const auto aim = ParseStopAim(aim_word);
  if (!aim) return UnknownWord("aim", aim_word);
  return TrialStage{*state, *aim};
}

}  // namespace adares
