// Reader answers questions from a read-only connection of its own. WAL lets it read a consistent
// snapshot while the store writes; neither waits for the other.
//
// Not thread-safe: one Reader a thread (server/store/reader_pool.h keeps some).
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/page.h"
#include "core/records.h"

namespace adares {

template <typename T>
struct PageOf {
  std::vector<T> items;
  std::string next_token;  // empty on the last page
};

// A place among the changes of a sweep: after all of `revision` up to `position`.
struct ChangeCursor {
  int64_t revision = 0;
  int64_t position = std::numeric_limits<int64_t>::max();
};

struct SweepChanges {
  SweepRecord sweep;                // without spec_text
  std::vector<TrialRecord> trials;  // changed after the cursor, oldest change first
  ChangeCursor next;                // where to go on
  bool more = false;                // there is more at once
  int64_t revision = 0;             // all changes up to this one are told
};

struct LogPart {
  int32_t attempt = 0;
  bool ended = false;  // the attempt ended, and no line follows these
  std::vector<LogLine> lines;
};

// Numbers for /metrics, cheap to take.
struct QueueCounts {
  TrialCounts trials;
  std::map<SweepState, int64_t> sweeps;
  std::optional<Timestamp> oldest_queued;
  int64_t lost_workers = 0;
};

// Pages of lists end early where their records are large, so that a client can receive them; at
// least one record is on each.
class Reader {
 public:
  static absl::StatusOr<std::unique_ptr<Reader>> Open(const std::string& path);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // NOT_FOUND SWEEP_NOT_FOUND (metadata `nearest` where a name is close).
  absl::StatusOr<SweepRecord> GetSweep(const std::string& sweep);
  // Newest first, without spec_text. INVALID_ARGUMENT PAGE_TOKEN_INVALID.
  absl::StatusOr<PageOf<SweepRecord>> ListSweeps(const Page& page);
  // At most `limit` changes after `cursor`, fewer where trials are large; revision 0 begins with
  // all trials, and so does one that this file did not give: it was put back from an older copy. A
  // trial that changes meanwhile is told again.
  absl::StatusOr<SweepChanges> ChangesSince(const std::string& sweep, const ChangeCursor& cursor,
                                            int limit);

  // `sweep` may be "-" for any. NOT_FOUND TRIAL_NOT_FOUND; INVALID_ARGUMENT where "-" is ambiguous.
  absl::StatusOr<TrialRecord> GetTrial(const std::string& sweep, const std::string& trial);
  // In queue order. Empty `states` means all.
  absl::StatusOr<PageOf<TrialRecord>> ListTrials(const std::string& sweep,
                                                 const std::vector<TrialState>& states,
                                                 const Page& page);
  // Attempt 0 means the newest. At most `limit` lines from `first_line` on. NOT_FOUND where there
  // is no such attempt.
  absl::StatusOr<LogPart> ReadLog(const std::string& sweep, const std::string& trial,
                                  int32_t attempt, int64_t first_line, int limit);

  // Surviving points by key, then step. METRIC_NOT_FOUND for a key that the trial does not have.
  // `page` may be of any size.
  absl::StatusOr<PageOf<MetricPoint>> Points(const std::string& sweep, const std::string& trial,
                                             const std::vector<std::string>& keys,
                                             const Page& page);
  // Surviving weights by site in network order, then step. SITE_NOT_FOUND for a site that the trial
  // does not have. `page` may be of any size.
  absl::StatusOr<PageOf<SkipWeightPoint>> SkipWeights(const std::string& sweep,
                                                      const std::string& trial,
                                                      const std::vector<std::string>& sites,
                                                      bool last_only, const Page& page);
  // Empty `metric` means the sweep's objective; empty `baseline` the sweep's own. The direction is
  // the objective's where the metric is, else it follows from the key (of losses and seconds less
  // is better). Where the variants do not fit on one page, `page_token` is that of the page before.
  absl::StatusOr<Comparison> Compare(const std::string& sweep, const std::string& metric,
                                     const std::map<std::string, std::string>& baseline,
                                     const std::string& page_token = "");

  absl::StatusOr<PageOf<WorkerRecord>> ListWorkers(const Page& page);
  absl::StatusOr<QueueCounts> Counts();

 private:
  struct Impl;
  explicit Reader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
