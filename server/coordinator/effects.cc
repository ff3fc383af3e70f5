#include "server/coordinator/effects.h"

namespace adares {

void Effects::Merge(Effects other) {
  changed_sweeps.merge(other.changed_sweeps);
  fleet_changed = fleet_changed || other.fleet_changed;
  workers_to_wake.merge(other.workers_to_wake);
  queue_grew = queue_grew || other.queue_grew;
  trials_created += other.trials_created;
  queue_waits.insert(queue_waits.end(), other.queue_waits.begin(), other.queue_waits.end());
  leases_expired += other.leases_expired;
  leases_lost += other.leases_lost;
  for (const auto& [reason, count] : other.attempts_ended) attempts_ended[reason] += count;
  for (const auto& [reason, count] : other.trials_requeued) trials_requeued[reason] += count;
  trials_finished.insert(trials_finished.end(), other.trials_finished.begin(),
                         other.trials_finished.end());
  points_written += other.points_written;
  points_conflicting += other.points_conflicting;
  log_lines_conflicting += other.log_lines_conflicting;
  log_lines_excessive += other.log_lines_excessive;
  full_logs.merge(other.full_logs);
  for (const auto& [trial, count] : other.points_excessive) points_excessive[trial] += count;
  for (const auto& [trial, count] : other.weights_excessive) weights_excessive[trial] += count;
  stale_reports += other.stale_reports;
  checkpoints_recorded += other.checkpoints_recorded;
  checkpoints_ignored += other.checkpoints_ignored;
  for (auto& [id, blobs] : other.named_blobs) named_blobs[id].merge(blobs);
  dropped_blobs.merge(other.dropped_blobs);
  workers_excluded += other.workers_excluded;
}

}  // namespace adares
