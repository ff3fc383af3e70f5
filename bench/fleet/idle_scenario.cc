// How long each thing takes when nothing else happens.
#include "absl/strings/str_cat.h"
#include "bench/fleet/completing_load.h"
#include "bench/fleet/control.h"
#include "bench/fleet/disk.h"
#include "bench/fleet/fleet.h"
#include "bench/fleet/scenarios.h"
#include "bench/fleet/server_process.h"
#include "bench/fleet/sweep_text.h"
#include "core/measurement.h"
#include "core/status.h"
#include "rpc/names.h"

namespace adares::bench {
namespace {

constexpr char kSweep[] = "idle";
constexpr int kCalls = 1'000;
constexpr int kSubmissions = 100;
constexpr int kSyncs = 1'000;
constexpr std::chrono::minutes kPatience{30};

absl::StatusOr<Samples> TimeSubmissions(client::Connection& connection) {
  Samples samples;
  for (int i = 0; i < kSubmissions; ++i) {
    ADARES_ASSIGN_OR_RETURN(const double seconds,
                            Submit(connection, SweepText(absl::StrCat("single-", i), 1)));
    samples.Add(seconds);
  }
  return samples;
}

// One worker with one slot: it claims, reports, and claims again when the end is durable. Returns
// the median of its claims, in seconds.
absl::StatusOr<double> ClaimOneByOne(const ServerProcess& server, size_t trials, Outcome& outcome) {
  LoadLoop loop;
  CompletingLoad load({metric::kTestAccuracy});
  Fleet fleet({.address = server.address(), .syncs_when_busy = false}, loop, load);
  ADARES_RETURN_IF_ERROR(fleet.Start());
  const FleetRecord& record = fleet.record();
  ADARES_RETURN_IF_ERROR(
      fleet.RunUntil([&] { return load.completed() == trials || record.lost > 0; }, kPatience));
  outcome.AddQuantiles("claim", record.claims);
  outcome.AddQuantiles("complete", record.acknowledgements);
  if (record.lost > 0) outcome.wrong.push_back("an attempt was lost: " + record.first_loss);
  if (load.given_twice() > 0) outcome.wrong.push_back("an attempt was given twice");
  return record.claims.Quantile(0.5);
}

}  // namespace

absl::StatusOr<Outcome> RunIdle(const std::filesystem::path& folder, const IdleOptions& options) {
  ADARES_ASSIGN_OR_RETURN(ServerProcess server, ServerProcess::Start(folder));
  ADARES_ASSIGN_OR_RETURN(const auto connection, Connect(server.address()));
  ADARES_RETURN_IF_ERROR(Submit(*connection, SweepText(kSweep, options.claims)).status());
  ADARES_ASSIGN_OR_RETURN(const Samples submissions, TimeSubmissions(*connection));
  Outcome outcome;
  const auto claims = static_cast<size_t>(options.claims);
  ADARES_ASSIGN_OR_RETURN(const double claim,
                          ClaimOneByOne(server, claims + kSubmissions, outcome));
  outcome.AddQuantiles("submit", submissions);

  ADARES_ASSIGN_OR_RETURN(const Samples bare, TimeBareCalls(server.address(), kCalls));
  outcome.AddQuantiles("bare_call", bare);
  ADARES_ASSIGN_OR_RETURN(const Samples reads, TimeCalls(kCalls, [&] {
                            return connection->GetSweep(SweepResource(kSweep)).status();
                          }));
  outcome.AddQuantiles("get_sweep", reads);
  ADARES_ASSIGN_OR_RETURN(const Samples syncs, TimeSync(folder, kSyncs));
  outcome.AddQuantiles("fdatasync", syncs);
  // Half of it, for the disk is timed after the claims, and disks of clouds vary.
  if (claim < syncs.Quantile(0.5) / 2) {
    outcome.wrong.push_back("claims are answered before the disk can have what they changed");
  }

  ADARES_RETURN_IF_ERROR(
      CheckAllSucceeded(*connection, kSweep, claims, {metric::kTestAccuracy}, outcome));
  ADARES_RETURN_IF_ERROR(server.Stop());
  return outcome;
}

}  // namespace adares::bench
