// Many workers that train for a while: what the server uses, and whether it loses anybody.
#include <unistd.h>

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "bench/fleet/control.h"
#include "bench/fleet/fleet.h"
#include "bench/fleet/scenarios.h"
#include "bench/fleet/server_process.h"
#include "bench/fleet/sweep_text.h"
#include "bench/fleet/training_load.h"
#include "bench/fleet/use_log.h"
#include "core/status.h"
#include "rpc/names.h"

namespace adares::bench {
namespace {

using std::chrono::seconds;

constexpr char kSweep[] = "soak";
constexpr std::chrono::minutes kPatience{2};
constexpr seconds kSpread{5};  // over which workers start: the sync interval of a server's default
constexpr size_t kCheckedTrials = 20;

// Whether some of the trials have all their points, each once.
absl::Status CheckPoints(client::Connection& connection,
                         const std::map<AttemptId, int64_t>& attempts, Outcome& outcome) {
  const size_t stride = std::max<size_t>(1, attempts.size() / kCheckedTrials);
  size_t number = 0;
  for (const auto& [id, points] : attempts) {
    if (number++ % stride != 0 || points == 0) continue;
    v1::QueryMetricsRequest request;
    request.set_trial(TrialResource(id.sweep, id.trial));
    ADARES_ASSIGN_OR_RETURN(const v1::QueryMetricsResponse answer,
                            connection.QueryMetrics(request));
    if (answer.points_size() == points) continue;
    outcome.wrong.push_back(
        absl::StrCat(request.trial(), " has ", answer.points_size(), " points, not ", points));
  }
  return absl::OkStatus();
}

// What a soak consists of; the fleet goes first.
struct Soak {
  Soak(const ServerProcess& at, const SoakOptions& with)
      : server(at),
        options(with),
        load(with.points_per_second, loop.events()),
        fleet({.address = at.address(), .workers = with.workers}, loop, load) {}

  const ServerProcess& server;
  const SoakOptions& options;
  LoadLoop loop;
  TrainingLoad load;
  Fleet fleet;
};

// Lets all workers train, and looks at the server meanwhile.
absl::Status Train(Soak& soak, Outcome& outcome) {
  auto& [server, options, loop, load, fleet] = soak;
  ADARES_RETURN_IF_ERROR(fleet.Start(kSpread));
  ADARES_RETURN_IF_ERROR(
      fleet.RunUntil([&] { return load.assigned() == options.workers; }, kPatience));
  fleet.record().overruns = {};
  fleet.record().acknowledgements = {};
  const int64_t acknowledged_before = load.acknowledged();
  ADARES_ASSIGN_OR_RETURN(const ProcessUse own_before, UseOf(getpid()));
  UseLog use(server, loop.events());
  const Clock::time_point begin = Clock::now();
  ADARES_RETURN_IF_ERROR(
      fleet.RunUntil([&] { return Clock::now() - begin >= seconds(options.seconds); },
                     seconds(options.seconds) + kPatience));
  const double length = SecondsSince(begin);
  ADARES_ASSIGN_OR_RETURN(const ProcessUse own_after, UseOf(getpid()));

  const FleetRecord& record = fleet.record();
  const auto messages = static_cast<double>(load.acknowledged() - acknowledged_before);
  outcome.Add("workers", options.workers);
  outcome.Add("seconds", length);
  outcome.Add("points_per_second", messages * options.points_per_second / length);
  outcome.Add("server_cpu_cores", use.Cores());
  outcome.Add("server_cpu_us_per_report", 1e6 * use.Cores() * length / messages);
  outcome.Add("load_cpu_cores", (own_after.cpu_seconds - own_before.cpu_seconds) / length);
  use.AddMemoryTo(outcome);
  outcome.AddQuantiles("acknowledgement", record.acknowledgements);
  outcome.Add("syncs_per_second", static_cast<double>(record.overruns.size()) / length);
  outcome.AddQuantiles("sync_overrun", record.overruns);
  return absl::OkStatus();
}

// Lets all end, and looks at what became of them.
absl::Status End(Soak& soak, client::Connection& connection, Outcome& outcome) {
  auto& [server, options, loop, load, fleet] = soak;
  const FleetRecord& record = fleet.record();
  load.Finish();
  ADARES_RETURN_IF_ERROR(
      fleet.RunUntil([&] { return load.ended() + record.lost >= options.workers; }, kPatience));
  outcome.Add("failed_syncs", static_cast<double>(record.failed_syncs));
  if (record.failed_syncs > 0) {
    outcome.wrong.push_back(absl::StrCat(record.failed_syncs, " Syncs failed"));
  }
  outcome.Add("lost_leases", static_cast<double>(record.lost));
  if (record.lost > 0) {
    outcome.wrong.push_back(
        absl::StrCat(record.lost, " attempts were lost, first: ", record.first_loss));
  }
  ADARES_RETURN_IF_ERROR(CheckPoints(connection, load.PointsOfAttempts(), outcome));
  return fleet.Leave();
}

}  // namespace

absl::StatusOr<Outcome> RunSoak(const std::filesystem::path& folder, const SoakOptions& options) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  ADARES_RETURN_IF_ERROR(Submit(*connection, SweepText(kSweep, options.workers)).status());
  Outcome outcome;
  {
    Soak soak(server, options);
    ADARES_RETURN_IF_ERROR(Train(soak, outcome));
    ADARES_RETURN_IF_ERROR(End(soak, *connection, outcome));
  }
  ADARES_RETURN_IF_ERROR(
      CheckAllSucceeded(*connection, kSweep, static_cast<size_t>(options.workers), {}, outcome));
  ADARES_RETURN_IF_ERROR(server.Stop());
  return outcome;
}

}  // namespace adares::bench
