#include "server/metrics/server_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "core/retry_policy.h"
#include "core/status.h"
#include "server/metrics/process_metrics.h"

namespace adares {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;
template <typename T>
using MetricFamily = prometheus::Family<T>;  // Family alone is the networks'
using Buckets = Histogram::BucketBoundaries;

const Buckets kQueueWaitBuckets = {0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400};
const Buckets kTrialBuckets = {10,   30,   60,   120,   300,   600,  1200,
                               2400, 3600, 7200, 14400, 28800, 86400};
const Buckets kHttpBuckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
const Buckets kTransactionBuckets = {0.0002, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                     0.025,  0.05,   0.1,   0.25,   1,     5};

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

// Prometheus label values use underscores.
std::string Label(std::string_view name) {
  std::string label(name);
  std::replace(label.begin(), label.end(), '-', '_');
  return label;
}

constexpr TrialState kOutcomes[] = {TrialState::kSucceeded, TrialState::kFailed,
                                    TrialState::kCancelled, TrialState::kStoppedEarly};
constexpr SweepState kSweepStates[] = {SweepState::kRunning,    SweepState::kPaused,
                                       SweepState::kCancelling, SweepState::kSucceeded,
                                       SweepState::kFailed,     SweepState::kCancelled};
constexpr const char* kFailures[] = {"busy", "full", "other"};

// How uploads end, by the reasons of their errors.
constexpr std::pair<std::string_view, const char*> kUploadOutcomes[] = {
    {"", "stored"},
    {reason::kStorageFull, "full"},
    {reason::kStorageFailed, "failed"},
    {reason::kBlobMismatch, "mismatch"},
    {reason::kUploadsExcessive, "excessive"},
};

std::string FailureOf(const absl::Status& status) {
  if (absl::IsUnavailable(status)) return "busy";
  return absl::IsResourceExhausted(status) ? "full" : "other";
}

}  // namespace

struct ServerMetrics::Families {
  MetricFamily<Gauge>& Gauges(const char* name, const char* help) {
    return BuildGauge().Name(name).Help(help).Register(registry);
  }
  MetricFamily<Counter>& Counters(const char* name, const char* help) {
    return BuildCounter().Name(name).Help(help).Register(registry);
  }
  MetricFamily<Histogram>& Histograms(const char* name, const char* help) {
    return BuildHistogram().Name(name).Help(help).Register(registry);
  }

  prometheus::Registry registry;
  ProcessMetrics process{registry};
  MetricFamily<Gauge>& build_info = Gauges("adares_build_info", "Always 1.");
  MetricFamily<Gauge>& trials = Gauges("adares_trials", "Trials that are not final.");
  MetricFamily<Gauge>& sweeps = Gauges("adares_sweeps", "Sweeps by state.");
  MetricFamily<Counter>& trials_created =
      Counters("adares_trials_created_total", "Trials queued by new sweeps.");
  MetricFamily<Counter>& trials_finished =
      Counters("adares_trials_finished_total", "Trials that became final.");
  MetricFamily<Counter>& attempts_finished =
      Counters("adares_attempts_finished_total", "Attempts that ended.");
  MetricFamily<Counter>& retries =
      Counters("adares_trial_retries_total", "Trials that were queued again.");
  MetricFamily<Histogram>& queue_wait =
      Histograms("adares_trial_queue_wait_seconds", "Time from being queued to a lease.");
  MetricFamily<Histogram>& trial_duration =
      Histograms("adares_trial_duration_seconds", "Length of a trial's last attempt.");
  MetricFamily<Gauge>& oldest_queued =
      Gauges("adares_trial_oldest_queued_timestamp_seconds",
             "When the oldest queued trial began to wait, Unix time; 0 where none does.");
  MetricFamily<Counter>& leases_granted =
      Counters("adares_leases_granted_total", "Leases given to workers.");
  MetricFamily<Counter>& leases_expired =
      Counters("adares_leases_expired_total", "Leases that ended because they were not renewed.");
  MetricFamily<Counter>& leases_lost =
      Counters("adares_leases_lost_total", "Leases that ended without an end of their attempt.");
  MetricFamily<Counter>& workers_excluded = Counters(
      "adares_workers_excluded_total", "Workers set aside as trial after trial failed on them.");
  MetricFamily<Gauge>& workers = Gauges("adares_workers", "Workers by state.");
  MetricFamily<Gauge>& slots = Gauges("adares_worker_slots", "Slots of live workers.");
  MetricFamily<Gauge>& heartbeat = Gauges("adares_worker_last_heartbeat_timestamp_seconds",
                                          "When a live worker was last heard of, Unix time.");
  MetricFamily<Counter>& points_written =
      Counters("adares_metric_points_written_total", "Metric points and skip weights stored.");
  MetricFamily<Counter>& points_rejected =
      Counters("adares_metric_points_rejected_total", "Reports or points that were kept out.");
  MetricFamily<Counter>& log_lines_rejected =
      Counters("adares_log_lines_rejected_total", "Lines of logs that were kept out, by why.");
  MetricFamily<Counter>& checkpoints =
      Counters("adares_checkpoints_total", "Checkpoints that workers reported.");
  MetricFamily<Counter>& uploads = Counters(
      "adares_blob_uploads_total", "Uploads of files of checkpoints, by what became of them.");
  MetricFamily<Gauge>& artifact_bytes =
      Gauges("adares_artifact_bytes", "Size of all blobs of checkpoints.");
  MetricFamily<Histogram>& transaction =
      Histograms("adares_db_transaction_seconds", "Length of a transaction, its commit included.");
  MetricFamily<Counter>& transactions_failed =
      Counters("adares_db_failures_total", "Transactions that could not be committed.");
  MetricFamily<Gauge>& database_bytes = Gauges("adares_db_bytes", "Size of the database file.");
  MetricFamily<Gauge>& wal_bytes = Gauges("adares_db_wal_bytes", "Size of the write-ahead log.");
  MetricFamily<Gauge>& volume_free_bytes =
      Gauges("adares_db_volume_free_bytes", "Free space where the database file is.");
  MetricFamily<Gauge>& last_backup = Gauges(
      "adares_backup_last_timestamp_seconds",
      "What moment the newest backup shows, Unix time; 0 where none was made since the start.");
  MetricFamily<Gauge>& watch_streams =
      Gauges("adares_watch_streams", "Streams that follow changes.");
  CallMetrics calls{registry};
  MetricFamily<Counter>& http_requests =
      Counters("adares_http_requests_total", "HTTP requests answered.");
  MetricFamily<Histogram>& http_seconds =
      Histograms("adares_http_request_seconds", "Time that an HTTP answer took.");

  std::mutex mutex;
  std::set<std::string> known_workers;  // guarded by mutex: those with a heartbeat series
};

// Known label values start at 0, so that the first event is seen by increase().
ServerMetrics::ServerMetrics(std::string_view version) : families_(std::make_unique<Families>()) {
  Families& f = *families_;
  f.build_info.Add({{"version", std::string(version)}, {"role", "server"}}).Set(1);
  f.trials_created.Add({});
  f.leases_granted.Add({});
  f.leases_expired.Add({});
  f.leases_lost.Add({});
  f.workers_excluded.Add({});
  f.points_written.Add({});
  f.last_backup.Add({});
  for (const char* outcome : {"recorded", "ignored"}) f.checkpoints.Add({{"outcome", outcome}});
  for (const auto& [reason, outcome] : kUploadOutcomes) f.uploads.Add({{"outcome", outcome}});
  for (const char* failure : kFailures) f.transactions_failed.Add({{"reason", failure}});
  for (const char* cause : {"stale_attempt", "conflict", "too_many_keys", "too_many_sites"})
    f.points_rejected.Add({{"reason", cause}});
  for (const char* cause : {"conflict", "too_many_lines"})
    f.log_lines_rejected.Add({{"reason", cause}});
  for (const EndReason reason : AllEndReasons()) {
    f.attempts_finished.Add({{"reason", Label(Name(reason))}});
    if (DefaultRetryRule(reason).budget == kUnlimitedRetries || HasRetryBudget(reason)) {
      f.retries.Add({{"reason", Label(Name(reason))}});
    }
  }
  for (const TrialState state : kOutcomes) {
    f.trials_finished.Add({{"outcome", Label(Name(state))}});
    f.trial_duration.Add({{"outcome", Label(Name(state))}}, kTrialBuckets);
  }
  f.queue_wait.Add({}, kQueueWaitBuckets);
  f.transaction.Add({{"op", "write"}}, kTransactionBuckets);
  SetQueue({});
  SetWorkers({}, 0);
}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::Count(const Effects& effects) {
  Families& f = *families_;
  f.trials_created.Add({}).Increment(static_cast<double>(effects.trials_created));
  f.leases_granted.Add({}).Increment(static_cast<double>(effects.queue_waits.size()));
  f.leases_expired.Add({}).Increment(static_cast<double>(effects.leases_expired));
  f.leases_lost.Add({}).Increment(static_cast<double>(effects.leases_lost));
  f.workers_excluded.Add({}).Increment(static_cast<double>(effects.workers_excluded));
  f.points_written.Add({}).Increment(static_cast<double>(effects.points_written));
  f.checkpoints.Add({{"outcome", "recorded"}})
      .Increment(static_cast<double>(effects.checkpoints_recorded));
  f.checkpoints.Add({{"outcome", "ignored"}})
      .Increment(static_cast<double>(effects.checkpoints_ignored));
  f.points_rejected.Add({{"reason", "stale_attempt"}})
      .Increment(static_cast<double>(effects.stale_reports));
  f.points_rejected.Add({{"reason", "conflict"}})
      .Increment(static_cast<double>(effects.points_conflicting));
  for (const auto& [trial, count] : effects.points_excessive) {
    f.points_rejected.Add({{"reason", "too_many_keys"}}).Increment(static_cast<double>(count));
  }
  for (const auto& [trial, count] : effects.weights_excessive) {
    f.points_rejected.Add({{"reason", "too_many_sites"}}).Increment(static_cast<double>(count));
  }
  f.log_lines_rejected.Add({{"reason", "conflict"}})
      .Increment(static_cast<double>(effects.log_lines_conflicting));
  f.log_lines_rejected.Add({{"reason", "too_many_lines"}})
      .Increment(static_cast<double>(effects.log_lines_excessive));
  for (const Duration wait : effects.queue_waits) {
    f.queue_wait.Add({}, kQueueWaitBuckets).Observe(Seconds(wait));
  }
  for (const auto& [reason, count] : effects.attempts_ended) {
    f.attempts_finished.Add({{"reason", Label(Name(reason))}})
        .Increment(static_cast<double>(count));
  }
  for (const auto& [reason, count] : effects.trials_requeued) {
    f.retries.Add({{"reason", Label(Name(reason))}}).Increment(static_cast<double>(count));
  }
  for (const auto& [state, duration] : effects.trials_finished) {
    const std::string outcome = Label(Name(state));
    f.trials_finished.Add({{"outcome", outcome}}).Increment();
    if (!duration) continue;
    f.trial_duration.Add({{"outcome", outcome}}, kTrialBuckets).Observe(Seconds(*duration));
  }
}

void ServerMetrics::ObserveTransaction(double seconds, const absl::Status& committed) {
  families_->transaction.Add({{"op", "write"}}, kTransactionBuckets).Observe(seconds);
  if (!committed.ok()) {
    families_->transactions_failed.Add({{"reason", FailureOf(committed)}}).Increment();
  }
}

void ServerMetrics::CountUpload(const absl::Status& ended) {
  const std::string why = ErrorReason(ended);
  if (!ended.ok() && why.empty()) return;
  for (const auto& [reason, outcome] : kUploadOutcomes) {
    if (why == reason) families_->uploads.Add({{"outcome", outcome}}).Increment();
  }
}

CallMetrics& ServerMetrics::calls() { return families_->calls; }

void ServerMetrics::DeclareHttpHandler(const std::string& handler) {
  families_->http_requests.Add({{"handler", handler}, {"code", "200"}});
  families_->http_seconds.Add({{"handler", handler}}, kHttpBuckets);
}

void ServerMetrics::CountHttpRequest(const std::string& handler, int code, double seconds) {
  families_->http_requests.Add({{"handler", handler}, {"code", std::to_string(code)}}).Increment();
  families_->http_seconds.Add({{"handler", handler}}, kHttpBuckets).Observe(seconds);
}

void ServerMetrics::SetQueue(const QueueCounts& counts) {
  Families& f = *families_;
  f.trials.Add({{"state", "queued"}}).Set(counts.trials.queued);
  f.trials.Add({{"state", "running"}}).Set(counts.trials.running);
  f.trials.Add({{"state", "paused"}}).Set(counts.trials.paused);
  f.trials.Add({{"state", "stopping"}}).Set(counts.trials.stopping);
  for (const SweepState state : kSweepStates) {
    const auto it = counts.sweeps.find(state);
    f.sweeps.Add({{"state", Label(Name(state))}})
        .Set(it == counts.sweeps.end() ? 0 : static_cast<double>(it->second));
  }
  f.oldest_queued.Add({}).Set(
      counts.oldest_queued ? Seconds(counts.oldest_queued->time_since_epoch()) : 0);
}

void ServerMetrics::SetWorkers(const std::vector<WorkerRecord>& live, int64_t lost) {
  Families& f = *families_;
  const std::lock_guard lock(f.mutex);
  std::map<WorkerState, int> by_state;
  int busy = 0;
  int free = 0;
  std::set<std::string> names;
  for (const WorkerRecord& worker : live) {
    ++by_state[worker.state];
    busy += worker.busy_slots;
    // Nothing is started in the free slots of a worker that drains.
    if (worker.state != WorkerState::kDraining)
      free += std::max(0, worker.slots - worker.busy_slots);
    names.insert(worker.name);
    f.heartbeat.Add({{"worker", worker.name}}).Set(Seconds(worker.last_seen_at.time_since_epoch()));
  }
  f.workers.Add({{"state", "ready"}}).Set(by_state[WorkerState::kReady]);
  f.workers.Add({{"state", "busy"}}).Set(by_state[WorkerState::kBusy]);
  f.workers.Add({{"state", "draining"}}).Set(by_state[WorkerState::kDraining]);
  f.workers.Add({{"state", "lost"}}).Set(static_cast<double>(lost));
  f.slots.Add({{"state", "busy"}}).Set(busy);
  f.slots.Add({{"state", "free"}}).Set(free);
  // A worker that is gone must not look silent for ever.
  for (const std::string& name : f.known_workers) {
    if (!names.contains(name)) f.heartbeat.Remove(&f.heartbeat.Add({{"worker", name}}));
  }
  f.known_workers = std::move(names);
}

void ServerMetrics::SetArtifacts(int64_t bytes) {
  families_->artifact_bytes.Add({}).Set(static_cast<double>(bytes));
}

void ServerMetrics::SetDatabase(const DatabaseBytes& bytes) {
  families_->database_bytes.Add({}).Set(static_cast<double>(bytes.file));
  families_->wal_bytes.Add({}).Set(static_cast<double>(bytes.wal));
  families_->volume_free_bytes.Add({}).Set(static_cast<double>(bytes.volume_free));
}

void ServerMetrics::SetWatchStreams(int64_t n) {
  families_->watch_streams.Add({}).Set(static_cast<double>(n));
}

void ServerMetrics::SetLastBackup(Timestamp taken_at) {
  families_->last_backup.Add({}).Set(Seconds(taken_at.time_since_epoch()));
}

std::string ServerMetrics::Expose() {
  families_->process.Update();
  return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace adares
