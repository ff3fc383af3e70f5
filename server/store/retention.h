// What may be deleted once its attempt has ended long ago: log lines, and rows that count no more
// because a later attempt took their place; and once its trial has, checkpoints but the final one,
// or the newest where that never came. Never a result: rows that count, summaries, attempts
// and trials stay.
//
// Finding those rows takes as long as reading the file and is done on a connection that only reads;
// the writer deletes them in pieces of bounded size (Store::Prune).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "core/maintenance.h"
#include "core/timestamp.h"

namespace adares {

enum class PrunableRows { kLogLines, kPoints, kSkipWeights, kFlags, kCheckpoints };

// Rows of one series, or of one log, that lie beside each other; or checkpoints of one trial.
struct PrunePiece {
  PrunableRows rows = PrunableRows::kLogLines;
  int64_t owner = 0;   // the attempt's row of log lines, else the trial's
  int64_t series = 0;  // the key's or site's row of points and weights
  int64_t first = 0;   // line or step
  int64_t last = 0;
  PruneCounts counts;  // what there was of them when they were found
};

// Goes through what retention may delete of attempts that ended before `before`. Not thread-safe.
// Errors: those of reading the file; CANCELLED where `stop` said so.
class PrunableScan {
 public:
  // At most `rows_per_piece` of a piece's rows may be deleted; so it bounds how long the writer is
  // held by one.
  struct Options {
    Timestamp before;
    int rows_per_piece = 1000;
    std::function<bool()> stop = {};  // whether to end early; may be empty
  };
  static absl::StatusOr<std::unique_ptr<PrunableScan>> Open(const std::string& path,
                                                            Options options);
  ~PrunableScan();
  PrunableScan(const PrunableScan&) = delete;
  PrunableScan& operator=(const PrunableScan&) = delete;

  // nullopt at the end.
  absl::StatusOr<std::optional<PrunePiece>> Next();

 private:
  struct Impl;
  explicit PrunableScan(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
