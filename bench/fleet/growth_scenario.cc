// How the cost of one thing grows with how many things there are.
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/fleet/disk.h"
#include "bench/fleet/scenarios.h"
#include "core/status.h"

namespace adares::bench {
namespace {

constexpr int kSoakSeconds = 20;
constexpr int64_t kPointsOnTop = 200'000;

// A scenario at several sizes.
struct Series {
  std::string name;  // what grows
  std::vector<int64_t> sizes;
  std::function<absl::StatusOr<Outcome>(const std::filesystem::path& folder, int64_t size)> run;
  std::vector<std::string> figures;  // that are of interest
};

std::vector<Series> AllSeries() {
  return {
      {"trials",
       {1'000, 5'000, 20'000},
       [](const auto& folder, int64_t size) {
         return RunQueue(folder, {.trials = static_cast<int>(size)});
       },
       {"submit_seconds", "trials_per_second", "claim_p50_ms", "claim_p99_ms",
        "server_cpu_us_per_trial", "server_peak_rss_mib"}},
      {"workers",
       {10, 100, 1'000},
       [](const auto& folder, int64_t size) {
         return RunSoak(folder, {.workers = static_cast<int>(size), .seconds = kSoakSeconds});
       },
       {"points_per_second", "server_cpu_cores", "server_cpu_us_per_report",
        "acknowledgement_p50_ms", "acknowledgement_p99_ms", "sync_overrun_p99_ms",
        "server_peak_rss_mib"}},
      {"stored_points",
       {100'000, 1'000'000, 4'000'000},
       [](const auto& folder, int64_t size) {
         return RunPoints(folder, {.points = kPointsOnTop, .stored = size});
       },
       {"points_per_second", "server_cpu_us_per_point", "database_bytes_per_point",
        "acknowledgement_p50_ms", "read_series_of_100000_p50_ms", "list_1000_trials_p50_ms",
        "compare_1000_trials_p50_ms", "server_peak_rss_mib"}},
  };
}

absl::StatusOr<std::vector<Outcome>> Run(const std::filesystem::path& folder,
                                         const Series& series) {
  std::vector<Outcome> outcomes;
  for (const int64_t size : series.sizes) {
    std::fprintf(stderr, "growth: %s, %lld\n", series.name.c_str(), static_cast<long long>(size));
    ADARES_ASSIGN_OR_RETURN(ScratchFolder own, ScratchFolder::Make(folder, absl::StrCat(size)));
    auto outcome = series.run(own.path(), size);
    if (!outcome.ok()) own.Keep();
    ADARES_RETURN_IF_ERROR(outcome.status());
    outcomes.push_back(*std::move(outcome));
  }
  return outcomes;
}

// The last column is what the largest size has of the smallest one's figure.
void PrintTable(const Series& series, const std::vector<Outcome>& outcomes) {
  std::string head = absl::StrCat("| ", series.name, " |");
  std::string line = "|---|";
  for (const int64_t size : series.sizes) {
    absl::StrAppend(&head, " ", size, " |");
    absl::StrAppend(&line, "---|");
  }
  std::printf("\n%s last by first |\n%s---|\n", head.c_str(), line.c_str());
  for (const std::string& name : series.figures) {
    std::printf("| %s |", name.c_str());
    for (const Outcome& outcome : outcomes) std::printf(" %.4g |", outcome.Get(name));
    std::printf(" %.2f |\n", outcomes.back().Get(name) / outcomes.front().Get(name));
  }
  std::fflush(stdout);
}

}  // namespace

absl::StatusOr<Outcome> RunGrowth(const std::filesystem::path& folder) {
  Outcome all;
  for (const Series& series : AllSeries()) {
    ADARES_ASSIGN_OR_RETURN(const std::vector<Outcome> outcomes, Run(folder, series));
    PrintTable(series, outcomes);
    for (size_t i = 0; i < outcomes.size(); ++i) {
      const std::string at = absl::StrCat(series.name, "_", series.sizes[i], ".");
      for (const Figure& figure : outcomes[i].figures) all.Add(at + figure.name, figure.value);
      for (const std::string& wrong : outcomes[i].wrong) all.wrong.push_back(at + wrong);
    }
  }
  return all;
}

}  // namespace adares::bench
