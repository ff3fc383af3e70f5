// How fast trials go through: submission, claims, completions.
#include "absl/strings/str_cat.h"
#include "bench/fleet/completing_load.h"
#include "bench/fleet/control.h"
#include "bench/fleet/fleet.h"
#include "bench/fleet/scenarios.h"
#include "bench/fleet/server_process.h"
#include "bench/fleet/sweep_text.h"
#include "core/measurement.h"
#include "core/status.h"

namespace adares::bench {
namespace {

constexpr char kSweep[] = "queue";
constexpr std::chrono::minutes kPatience{30};

// From the registration of the workers to the last acknowledgement.
absl::Status CompleteAll(const ServerProcess& server, const QueueOptions& options,
                         Outcome& outcome) {
  LoadLoop loop;
  CompletingLoad load({metric::kTestAccuracy});
  Fleet fleet({.address = server.address(),
               .workers = options.workers,
               .slots = options.slots,
               .syncs_when_busy = false},
              loop, load);
  const auto trials = static_cast<size_t>(options.trials);
  ADARES_ASSIGN_OR_RETURN(const ProcessUse before, server.Use());
  const Clock::time_point begin = Clock::now();
  ADARES_RETURN_IF_ERROR(fleet.Start());
  const FleetRecord& record = fleet.record();
  ADARES_RETURN_IF_ERROR(
      fleet.RunUntil([&] { return load.completed() == trials || record.lost > 0; }, kPatience));
  const double seconds = SecondsSince(begin);
  ADARES_ASSIGN_OR_RETURN(const ProcessUse after, server.Use());

  outcome.Add("trials_per_second", options.trials / seconds);
  outcome.Add("seconds", seconds);
  outcome.AddQuantiles("claim", record.claims);
  outcome.Add("claims_of_several_trials_mean",
              options.trials / static_cast<double>(record.claims.size()));
  outcome.AddQuantiles("acknowledgement", record.acknowledgements);
  outcome.Add("server_cpu_seconds", after.cpu_seconds - before.cpu_seconds);
  outcome.Add("server_cpu_us_per_trial",
              1e6 * (after.cpu_seconds - before.cpu_seconds) / options.trials);
  outcome.Add("server_rss_mib", after.rss_mib);
  outcome.Add("server_peak_rss_mib", after.peak_rss_mib);
  if (record.lost > 0) {
    outcome.wrong.push_back(
        absl::StrCat(record.lost, " attempts were lost, first: ", record.first_loss));
  }
  if (load.given_twice() > 0) {
    outcome.wrong.push_back(absl::StrCat(load.given_twice(), " attempts were given twice"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Outcome> RunQueue(const std::filesystem::path& folder, const QueueOptions& options) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  Outcome outcome;
  ADARES_ASSIGN_OR_RETURN(const ProcessUse before, server.Use());
  ADARES_ASSIGN_OR_RETURN(const double submit_seconds,
                          Submit(*connection, SweepText(kSweep, options.trials)));
  ADARES_ASSIGN_OR_RETURN(const ProcessUse after, server.Use());
  outcome.Add("submit_seconds", submit_seconds);
  outcome.Add("submit_server_cpu_seconds", after.cpu_seconds - before.cpu_seconds);
  ADARES_RETURN_IF_ERROR(CompleteAll(server, options, outcome));
  ADARES_RETURN_IF_ERROR(CheckAllSucceeded(*connection, kSweep, static_cast<size_t>(options.trials),
                                           {metric::kTestAccuracy}, outcome));
  ADARES_RETURN_IF_ERROR(server.Stop());
  return outcome;
}

}  // namespace adares::bench
