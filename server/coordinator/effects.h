// What a committed batch changed, for those who react to it: watchers, waiting workers, counters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/records.h"
#include "core/timestamp.h"
#include "core/trial_state.h"

namespace adares {

struct Effects {
  std::set<std::string> changed_sweeps;
  bool fleet_changed = false;  // which trials can run, and why others cannot, may be another matter
  std::set<std::string> workers_to_wake;  // there is news for these workers
  bool queue_grew = false;                // there may be work for any worker

  int64_t trials_created = 0;
  std::vector<Duration> queue_waits;  // one for each lease that was granted
  int64_t leases_expired = 0;
  int64_t leases_lost = 0;  // ended without a report of their attempt's end, expired ones included
  std::map<EndReason, int64_t> attempts_ended;
  std::map<EndReason, int64_t> trials_requeued;  // by why their attempt ended
  // With the duration of the last attempt, if there was one.
  std::vector<std::pair<TrialState, std::optional<Duration>>> trials_finished;
  int64_t points_written = 0;
  int64_t points_conflicting = 0;
  int64_t log_lines_conflicting = 0;
  int64_t log_lines_excessive = 0;  // beyond those that an attempt may have
  std::set<std::string> full_logs;  // of trials ("SWEEP/ID"), with the first of those lines
  // Of metrics, or sites, beyond those that a trial may have, by trial ("SWEEP/ID").
  std::map<std::string, int64_t> points_excessive;
  std::map<std::string, int64_t> weights_excessive;
  int64_t stale_reports = 0;
  int64_t checkpoints_recorded = 0;
  int64_t checkpoints_ignored = 0;  // their blobs were not there
  // That a checkpoint names which an attempt recorded.
  std::map<AttemptId, std::set<std::string>> named_blobs;
  std::set<std::string> dropped_blobs;  // that a dropped checkpoint named, and others may name
  int64_t workers_excluded = 0;         // set aside as trial after trial failed on them

  // Adds what another command of the same batch did.
  void Merge(Effects other);
};

}  // namespace adares
