// How fast points become durable, what they take on the disk, and how fast they are read.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "bench/fleet/completing_load.h"
#include "bench/fleet/control.h"
#include "bench/fleet/fleet.h"
#include "bench/fleet/records.h"
#include "bench/fleet/scenarios.h"
#include "bench/fleet/series_load.h"
#include "bench/fleet/server_process.h"
#include "bench/fleet/sweep_text.h"
#include "core/measurement.h"
#include "core/status.h"
#include "rpc/names.h"

namespace adares::bench {
namespace {

constexpr char kStoredSweep[] = "stored";
constexpr char kPointsSweep[] = "points";
constexpr char kLongSweep[] = "long";
constexpr char kTableSweep[] = "table";
constexpr int64_t kLongSeries = 100'000;
constexpr int kTableTrials = 1'000;
constexpr int kReads = 5;
constexpr std::chrono::minutes kPatience{30};

// Series that workers report together.
struct Feed {
  int workers = 1;
  int series = 1;
  SeriesLoad::Plan plan;
};

// What becomes of a feed.
struct FeedResult {
  double seconds = 0;  // from the first point to the last acknowledgement
  double server_cpu_seconds = 0;
  Samples acknowledgements;
  std::vector<AttemptId> attempts;
};

int CeilOfRatio(int a, int b) { return (a + b - 1) / b; }

Feed FeedOf(const PointsOptions& options, int64_t points) {
  const auto record = options.record == 0 ? options.batch : options.record;
  const int64_t each = std::max<int64_t>(1, points / options.series);
  return {
      options.workers,
      options.series,
      {metric::kTrainLoss, each, options.batch, std::min(record, options.batch), options.window}};
}

// Claims as many trials as the feed has series, which are all that are queued, and reports them.
absl::StatusOr<FeedResult> RunFeed(const ServerProcess& server, const Feed& feed) {
  LoadLoop loop;
  SeriesLoad load(feed.plan);
  Fleet fleet({.address = server.address(),
               .workers = feed.workers,
               .slots = CeilOfRatio(feed.series, feed.workers)},
              loop, load);
  const FleetRecord& record = fleet.record();
  const auto run_until = [&](int (SeriesLoad::*reached)() const) -> absl::Status {
    ADARES_RETURN_IF_ERROR(fleet.RunUntil(
        [&] { return (load.*reached)() == feed.series || record.lost > 0; }, kPatience));
    if (record.lost == 0) return absl::OkStatus();
    return absl::InternalError(
        absl::StrCat(record.lost, " attempts were lost, first: ", record.first_loss));
  };
  ADARES_RETURN_IF_ERROR(fleet.Start());
  ADARES_RETURN_IF_ERROR(run_until(&SeriesLoad::begun));
  fleet.record().acknowledgements = {};

  ADARES_ASSIGN_OR_RETURN(const ProcessUse before, server.Use());
  const Clock::time_point begin = Clock::now();
  load.Begin();
  ADARES_RETURN_IF_ERROR(run_until(&SeriesLoad::complete));
  FeedResult result;
  result.seconds = SecondsSince(begin);
  ADARES_ASSIGN_OR_RETURN(const ProcessUse after, server.Use());
  result.server_cpu_seconds = after.cpu_seconds - before.cpu_seconds;
  result.acknowledgements = record.acknowledgements;
  result.attempts = load.attempts();

  load.Finish();
  ADARES_RETURN_IF_ERROR(run_until(&SeriesLoad::ended));
  ADARES_RETURN_IF_ERROR(fleet.Leave());
  return result;
}

// Reads the series of a trial; notes what is not as it was reported.
absl::Status ReadSeries(client::Connection& connection, const AttemptId& id, int64_t points,
                        Outcome& outcome) {
  v1::QueryMetricsRequest request;
  request.set_trial(TrialResource(id.sweep, id.trial));
  request.add_keys(metric::kTrainLoss);
  ADARES_ASSIGN_OR_RETURN(const v1::QueryMetricsResponse answer, connection.QueryMetrics(request));
  if (answer.points_size() != points) {
    outcome.wrong.push_back(
        absl::StrCat(request.trial(), " has ", answer.points_size(), " points, not ", points));
    return absl::OkStatus();
  }
  for (int64_t step = 0; step < points; ++step) {
    const v1::MetricPoint& point = answer.points(static_cast<int>(step));
    if (point.step() == step && point.value() == ValueAt(step)) continue;
    outcome.wrong.push_back(absl::StrCat(request.trial(), ": point ", step, " is another one"));
    break;
  }
  return absl::OkStatus();
}

// Makes the sweeps, stores what is to be there before, and gives the size of the closed database.
absl::StatusOr<int64_t> Prepare(const std::filesystem::path& folder, const PointsOptions& options) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  if (options.stored > 0) {
    ADARES_RETURN_IF_ERROR(Submit(*connection, SweepText(kStoredSweep, options.series)).status());
    ADARES_RETURN_IF_ERROR(RunFeed(server, FeedOf(options, options.stored)).status());
  }
  ADARES_RETURN_IF_ERROR(Submit(*connection, SweepText(kPointsSweep, options.series)).status());
  ADARES_RETURN_IF_ERROR(server.Stop());
  return server.DatabaseBytes();
}

// Reports the points to a server that is started anew, and closes it again.
absl::Status MeasureWrites(const std::filesystem::path& folder, const PointsOptions& options,
                           int64_t bytes_before, Outcome& outcome) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  const Feed feed = FeedOf(options, options.points);
  ADARES_ASSIGN_OR_RETURN(const FeedResult result, RunFeed(server, feed));
  const auto points = static_cast<double>(feed.plan.points * feed.series);
  outcome.Add("points", points);
  outcome.Add("points_per_second", points / result.seconds);
  outcome.Add("seconds", result.seconds);
  outcome.AddQuantiles("acknowledgement", result.acknowledgements);
  outcome.Add("server_cpu_seconds", result.server_cpu_seconds);
  outcome.Add("server_cpu_us_per_point", 1e6 * result.server_cpu_seconds / points);
  ADARES_ASSIGN_OR_RETURN(const ProcessUse use, server.Use());
  outcome.Add("server_rss_mib", use.rss_mib);
  outcome.Add("server_peak_rss_mib", use.peak_rss_mib);

  ADARES_RETURN_IF_ERROR(CheckAllSucceeded(*connection, kPointsSweep,
                                           static_cast<size_t>(options.series), {}, outcome));
  for (const AttemptId& id : {result.attempts.front(), result.attempts.back()}) {
    ADARES_RETURN_IF_ERROR(ReadSeries(*connection, id, feed.plan.points, outcome));
  }
  ADARES_RETURN_IF_ERROR(server.Stop());
  ADARES_ASSIGN_OR_RETURN(const int64_t bytes, server.DatabaseBytes());
  outcome.Add("database_mib", static_cast<double>(bytes) / (1 << 20));
  outcome.Add("database_bytes_per_point", static_cast<double>(bytes - bytes_before) / points);
  return absl::OkStatus();
}

// The first call, and the median of some.
absl::Status AddReads(const std::string& name, const std::function<absl::Status()>& call,
                      Outcome& outcome) {
  ADARES_ASSIGN_OR_RETURN(const Samples first, TimeCalls(1, call));
  ADARES_ASSIGN_OR_RETURN(const Samples more, TimeCalls(kReads, call));
  outcome.Add(name + "_first_ms", 1e3 * first.Quantile(0.5));
  outcome.Add(name + "_p50_ms", 1e3 * more.Quantile(0.5));
  return absl::OkStatus();
}

absl::Status MeasureLongSeries(const ServerProcess& server, client::Connection& connection,
                               Outcome& outcome) {
  ADARES_RETURN_IF_ERROR(Submit(connection, SweepText(kLongSweep, 1)).status());
  const Feed feed{1, 1, {metric::kTrainLoss, kLongSeries, 1'000, 1'000, 16}};
  ADARES_ASSIGN_OR_RETURN(const FeedResult result, RunFeed(server, feed));
  return AddReads(
      "read_series_of_100000",
      [&] { return ReadSeries(connection, result.attempts.front(), kLongSeries, outcome); },
      outcome);
}

absl::Status MeasureTable(const ServerProcess& server, client::Connection& connection,
                          Outcome& outcome) {
  ADARES_RETURN_IF_ERROR(Submit(connection, SweepText(kTableSweep, kTableTrials)).status());
  LoadLoop loop;
  CompletingLoad load(ReportedMetrics());
  {
    Fleet fleet({.address = server.address(), .name = "table", .slots = 16}, loop, load);
    ADARES_RETURN_IF_ERROR(fleet.Start());
    ADARES_RETURN_IF_ERROR(fleet.RunUntil(
        [&] { return load.completed() == kTableTrials || fleet.record().lost > 0; }, kPatience));
    ADARES_RETURN_IF_ERROR(fleet.Leave());
  }
  ADARES_RETURN_IF_ERROR(AddReads(
      "list_1000_trials",
      [&] { return connection.ListTrials(SweepResource(kTableSweep), {}).status(); }, outcome));
  v1::CompareVariantsRequest request;
  request.set_sweep(SweepResource(kTableSweep));
  ADARES_RETURN_IF_ERROR(AddReads(
      "compare_1000_trials", [&] { return connection.CompareVariants(request).status(); },
      outcome));
  return CheckAllSucceeded(connection, kTableSweep, kTableTrials, ReportedMetrics(), outcome);
}

absl::Status MeasureReads(const std::filesystem::path& folder, Outcome& outcome) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  ADARES_RETURN_IF_ERROR(MeasureLongSeries(server, *connection, outcome));
  ADARES_RETURN_IF_ERROR(MeasureTable(server, *connection, outcome));
  return server.Stop();
}

}  // namespace

absl::StatusOr<Outcome> RunPoints(const std::filesystem::path& folder,
                                  const PointsOptions& options) {
  Outcome outcome;
  ADARES_ASSIGN_OR_RETURN(const int64_t bytes, Prepare(folder, options));
  ADARES_RETURN_IF_ERROR(MeasureWrites(folder, options, bytes, outcome));
  ADARES_RETURN_IF_ERROR(MeasureReads(folder, outcome));
  return outcome;
}

}  // namespace adares::bench
