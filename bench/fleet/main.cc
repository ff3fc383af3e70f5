// adares-bench-fleet: simulated workers speak the real protocol over TCP with the real
// adares-server, which lies beside this program and has a real database on a real disk. Prints what
// that takes; docs/scaling.md explains the figures.
//
//   adares-bench-fleet [--state DIR] [--json FILE] [--keep] SCENARIO [OPTIONS]
//
// Exit status 1 where the server did something wrong or a scenario could not be run to its end,
// whatever the speeds; 2 for a bad option.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include "absl/strings/str_join.h"
#include "bench/fleet/disk.h"
#include "bench/fleet/machine.h"
#include "bench/fleet/output.h"
#include "bench/fleet/scenarios.h"
#include "client/child_process.h"
#include "core/status.h"

namespace adares::bench {
namespace {

constexpr int kExitWrong = 1;
constexpr int kExitUsage = 2;

// The scenario that was chosen, with its options.
struct Choice {
  std::string name;
  std::function<absl::StatusOr<Outcome>(const std::filesystem::path& folder)> run;
};

struct CommonOptions {
  std::string state;
  std::string json;
  bool keep = false;
};

// build/fleet-state where the program is build/bin/adares-bench-fleet.
std::string DefaultState() {
  const std::filesystem::path self = client::ProgramBeside("adares-bench-fleet");
  return self.parent_path().parent_path() / "fleet-state";
}

template <typename Number>
void AddNumber(CLI::App& scenario, const std::string& name, Number& number, const std::string& help,
               Number least, Number most) {
  scenario.add_option("--" + name, number, help)
      ->check(CLI::Range(least, most))
      ->capture_default_str();
}

// Adds a scenario whose options have their defaults in `options`, which must live as long as `app`.
template <typename Options>
CLI::App& AddScenario(CLI::App& app, Choice& choice, const std::string& name,
                      const std::string& help, const Options& options,
                      absl::StatusOr<Outcome> (*run)(const std::filesystem::path&,
                                                     const Options&)) {
  CLI::App& scenario = *app.add_subcommand(name, help);
  scenario.callback([&choice, name, &options, run] {
    choice = {name, [&options, run](const auto& folder) { return run(folder, options); }};
  });
  return scenario;
}

void AddQueue(CLI::App& app, Choice& choice) {
  static QueueOptions options;
  CLI::App& scenario = AddScenario(
      app, choice, "queue", "claims and completes the trials of one sweep", options, &RunQueue);
  AddNumber(scenario, "trials", options.trials, "trials of the sweep", 1, 20'000);
  AddNumber(scenario, "workers", options.workers, "workers", 1, 10'000);
  AddNumber(scenario, "slots", options.slots, "slots of each worker", 1, 1'024);
}

void AddPoints(CLI::App& app, Choice& choice) {
  constexpr int64_t kMost = 1'000'000'000;
  static PointsOptions options;
  CLI::App& scenario = AddScenario(
      app, choice, "points", "reports points in long series, and reads them", options, &RunPoints);
  AddNumber<int64_t>(scenario, "points", options.points, "points in all", 1, kMost);
  AddNumber(scenario, "workers", options.workers, "workers", 1, 1'000);
  AddNumber(scenario, "series", options.series, "series, one a trial", 1, 20'000);
  AddNumber(scenario, "batch", options.batch, "points of a message", 1, 10'000);
  AddNumber(scenario, "record", options.record, "points of a record; 0: all of its message", 0,
            10'000);
  AddNumber(scenario, "window", options.window, "unacknowledged messages of a worker, at most", 1,
            10'000);
  AddNumber<int64_t>(scenario, "stored", options.stored, "points that are there before", 0, kMost);
}

void AddIdle(CLI::App& app, Choice& choice) {
  static IdleOptions options;
  CLI::App& scenario =
      AddScenario(app, choice, "idle", "one thing at a time, nothing else", options, &RunIdle);
  AddNumber(scenario, "claims", options.claims, "claims", 1, 20'000);
}

void AddSoak(CLI::App& app, Choice& choice) {
  static SoakOptions options;
  CLI::App& scenario =
      AddScenario(app, choice, "soak", "many workers that train for a while", options, &RunSoak);
  AddNumber(scenario, "workers", options.workers, "workers, one trial each", 1, 20'000);
  AddNumber(scenario, "points-per-second", options.points_per_second, "of each worker", 1, 10'000);
  AddNumber(scenario, "seconds", options.seconds, "how long they train", 1, 86'400);
}

void AddScenarios(CLI::App& app, Choice& choice) {
  AddIdle(app, choice);
  AddQueue(app, choice);
  AddPoints(app, choice);
  AddSoak(app, choice);
  app.add_subcommand("growth", "queue, points and soak at three sizes each")->callback([&choice] {
    choice = {"growth", &RunGrowth};
  });
}

// Each worker is a connection, here and in the server, which inherits the limit.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// The outcome is printed, and written where that is wanted.
absl::StatusOr<Outcome> Run(const Choice& choice, const CommonOptions& options,
                            const std::string& command) {
  ADARES_ASSIGN_OR_RETURN(ScratchFolder folder, ScratchFolder::Make(options.state, choice.name));
  ADARES_RETURN_IF_ERROR(CheckIsOnDisk(folder.path()));
  ADARES_ASSIGN_OR_RETURN(const auto machine, MachineFacts(folder.path()));
  absl::StatusOr<Outcome> outcome = choice.run(folder.path());
  if (!outcome.ok() || !outcome->wrong.empty() || options.keep) {
    folder.Keep();
    std::fprintf(stderr, "the server's folders and logs are kept in %s\n", folder.path().c_str());
  }
  if (!outcome.ok()) return outcome;
  const Result result{choice.name, command, machine, *outcome};
  Print(result);
  if (!options.json.empty()) ADARES_RETURN_IF_ERROR(WriteJson(result, options.json));
  return outcome;
}

int Main(int argc, char** argv) {
  // A lost connection is an error of the run, which says it once.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CommonOptions options;
  options.state = DefaultState();
  Choice choice;
  CLI::App app{"Measures adares-server under simulated workers.", "adares-bench-fleet"};
  app.add_option("--state", options.state, "folder on a disk, below which servers have theirs")
      ->capture_default_str();
  app.add_option("--json", options.json, "file to write the result to");
  app.add_flag("--keep", options.keep, "leave the servers' folders there");
  app.require_subcommand(1);
  app.fallthrough();
  AddScenarios(app, choice);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kExitUsage;
  }
  RaiseDescriptorLimit();
  const absl::StatusOr<Outcome> outcome =
      Run(choice, options, absl::StrJoin(argv, argv + argc, " "));
  if (!outcome.ok()) {
    std::cerr << "adares-bench-fleet: " << outcome.status().message() << "\n";
    return kExitWrong;
  }
  for (const std::string& wrong : outcome->wrong) {
    std::cerr << "adares-bench-fleet: wrong: " << wrong << "\n";
  }
  return outcome->wrong.empty() ? EXIT_SUCCESS : kExitWrong;
}

}  // namespace
}  // namespace adares::bench

int main(int argc, char** argv) {
  try {
    return adares::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "adares-bench-fleet: " << error.what() << "\n";
    return 1;
  }
}
