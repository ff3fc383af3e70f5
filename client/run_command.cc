// `adares run`: a whole study in one command, with a private coordinator and worker.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/answer.h"
#include "client/command_line.h"
#include "client/comparison_view.h"
#include "client/data_check.h"
#include "client/failure_report.h"
#include "client/follow_sweep.h"
#include "client/local_service.h"
#include "client/option_values.h"
#include "client/problem.h"
#include "client/progress_view.h"
#include "client/resource_argument.h"
#include "client/resource_time.h"
#include "client/sweep_file.h"
#include "client/sweep_view.h"
#include "client/trainer_device.h"
#include "client/words.h"
#include "core/available_cores.h"
#include "core/measurement.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/timestamp.h"

namespace adares::client {
namespace {

constexpr size_t kFailuresShown = 3;

struct RunOptions {
  std::string file;
  std::string name;
  std::string state = "adares-state";
  std::string data;
  std::string device = "auto";
  std::string metric;
  std::vector<std::string> set;
  int slots = 0;
  int threads = 0;
  bool retry = false;
};

// Why some of its trials can never run on the workers that there are; nullptr where all can.
const v1::PendingReason* FindUnfit(const v1::Sweep& sweep) {
  const auto& pending = sweep.pending();
  const auto it = std::find_if(pending.begin(), pending.end(), [](const v1::PendingReason& reason) {
    return reason.cause() == v1::PendingReason::CAUSE_UNFIT ||
           reason.cause() == v1::PendingReason::CAUSE_UNREADABLE;
  });
  return it == pending.end() ? nullptr : &*it;
}

// One `adares run`, from the checked file to the comparison.
class Run {
 public:
  Run(const GlobalOptions& options, const RunOptions& run, SweepFile file,
      std::vector<Override> overrides)
      : options_(options),
        run_(run),
        file_(std::move(file)),
        overrides_(std::move(overrides)),
        display_({stderr, IsLiveTerminal(stderr), MayColor(stderr, options.no_color),
                  IsUtf8Locale(), options.quiet}) {}

  absl::StatusOr<ExitCode> Do() {
    ADARES_ASSIGN_OR_RETURN(device_, DeviceOfTrainer(run_.device, signals_));
    if (device_ == "cpu" && run_.device == "auto" && HasNvidiaDriver()) {
      Say(options_,
          "there is an NVIDIA driver, but adares-trainer's LibTorch finds no CUDA device: "
          "training on the CPU");
    }
    ADARES_ASSIGN_OR_RETURN(
        service_,
        LocalService::Start({run_.state, run_.data, device_, TimeoutOf(options_)}, signals_));
    absl::StatusOr<ExitCode> result = RunToEnd();
    if (absl::IsCancelled(result.status())) {
      display_.Clear();
      Say(options_, "stopping; the running trials are given back (Ctrl-C again kills them)");
    }
    service_->Stop(signals_);
    if (absl::IsCancelled(result.status())) {
      return absl::CancelledError("interrupted; the same command continues");
    }
    return result;
  }

 private:
  absl::StatusOr<ExitCode> RunToEnd() {
    ADARES_ASSIGN_OR_RETURN(v1::Sweep sweep, Submit());
    if (!IsFinal(sweep)) {
      ADARES_RETURN_IF_ERROR(TellOfOtherSweeps(sweep));
      ADARES_RETURN_IF_ERROR(StartWorker(sweep));
      display_.Start(SystemNow());
      ADARES_ASSIGN_OR_RETURN(
          const SweepSnapshot end,
          FollowSweep({service_->connection(), signals_, display_, /*brings_worker=*/true,
                       /*tells_beginning=*/false, [this] { return service_->Check(); },
                       [this](const v1::Sweep& s) { return CheckCanRun(s); }},
                      sweep.name()));
      sweep = end.sweep;
    }
    ADARES_RETURN_IF_ERROR(PrintComparison(sweep));
    if (sweep.trial_counts().failed() > 0) ADARES_RETURN_IF_ERROR(TellFailures(sweep));
    TellWhereResultsAre(sweep);
    return sweep.state() == v1::Sweep::STATE_SUCCEEDED ? ExitCode::kOk : ExitCode::kTrialsFailed;
  }

  // Its own worker is the only one that there will ever be. Until that one is there, what it is
  // said to lack may be what an earlier run's lacked: the sweep is looked at again after that.
  absl::Status CheckCanRun(const v1::Sweep& seen) {
    if (FindUnfit(seen) == nullptr) return absl::OkStatus();
    ADARES_ASSIGN_OR_RETURN(const auto workers, service_->connection().ListWorkers());
    const bool is_there = std::any_of(workers.begin(), workers.end(), [this](const auto& worker) {
      return worker.name() == absl::StrCat("workers/", kLocalWorker) &&
             TimeOf(worker.register_time()) >= started_at_;
    });
    if (!is_there) return absl::OkStatus();
    ADARES_ASSIGN_OR_RETURN(const v1::Sweep sweep, service_->connection().GetSweep(seen.name()));
    const v1::PendingReason* const unfit = FindUnfit(sweep);
    if (unfit == nullptr) return absl::OkStatus();
    return WithHint(absl::FailedPreconditionError(PendingText(*unfit)),
                    "change what the sweep asks for under `resources`, or run it where that is");
  }

  // Trials that were paused, and with --retry those that failed, are to be trained as well.
  absl::StatusOr<v1::Sweep> Continue(v1::Sweep sweep) {
    if (run_.retry && sweep.trial_counts().failed() + sweep.trial_counts().cancelled() > 0) {
      ADARES_ASSIGN_OR_RETURN(sweep, service_->connection().RetrySweep(sweep.name()));
    }
    if (sweep.trial_counts().paused() > 0) {
      ADARES_ASSIGN_OR_RETURN(sweep, service_->connection().ResumeSweep(sweep.name()));
    }
    return sweep;
  }

  absl::StatusOr<v1::Sweep> Submit() {
    const auto response = service_->connection().CreateSweep(MakeCreateRequest(file_, overrides_));
    if (ErrorReason(response.status()) == reason::kSweepExists) {
      return WithHint(response.status(),
                      absl::StrCat("give the changed sweep another --name, or keep its results "
                                   "apart with --state DIR (now ",
                                   run_.state, ")"));
    }
    if (!response.ok()) return WithExcerpt(response.status(), file_.text);
    ADARES_ASSIGN_OR_RETURN(const v1::Sweep sweep, Continue(response->sweep()));
    if (!response->already_existed()) {
      Say(options_,
          absl::StrCat(ShortName(sweep.name()), ": ", SizeText(sweep), "; state in ", run_.state));
    } else if (IsFinal(sweep)) {
      Say(options_, absl::StrCat(ShortName(sweep.name()), " has ended already (state in ",
                                 run_.state, "); nothing to run"));
    } else {
      Say(options_, absl::StrCat("continuing ", DescribeSweep(sweep)));
    }
    return sweep;
  }

  // The worker trains whatever the folder has queued, and older sweeps of one priority come first.
  absl::Status TellOfOtherSweeps(const v1::Sweep& sweep) {
    ADARES_ASSIGN_OR_RETURN(const auto sweeps, service_->connection().ListSweeps());
    for (const v1::Sweep& other : sweeps) {
      if (IsFinal(other) || other.name() == sweep.name()) continue;
      Say(options_, absl::StrCat("also in ", run_.state, ", and trained too: ",
                                 DescribeSweep(other), " (--state DIR keeps sweeps apart)"));
    }
    return absl::OkStatus();
  }

  absl::Status StartWorker(const v1::Sweep& sweep) {
    SlotRequest request;
    request.slots = run_.slots;
    request.threads = run_.threads;
    request.cores = AvailableCores();
    request.trials = TrialCount(sweep) - DoneCount(sweep);
    request.is_on_gpu = device_ == "cuda";
    const SlotPlan plan = PlanSlots(request);
    Say(options_, absl::StrCat(Plural(plan.slots, "trial"), " at a time, ",
                               Plural(plan.threads, "thread"), plan.slots == 1 ? "" : " each"));
    return service_->StartWorker(plan);
  }

  absl::Status PrintComparison(const v1::Sweep& sweep) {
    v1::CompareVariantsRequest request;
    request.set_sweep(sweep.name());
    request.set_metric(run_.metric);
    auto comparison = service_->connection().CompareVariants(request);
    if (ErrorReason(comparison.status()) == reason::kMetricNotFound && run_.metric.empty()) {
      // No trial got as far as the objective: the answer is an empty comparison.
      Say(options_, absl::StrCat("no trial has reached ", sweep.objective().metric()));
      v1::CompareVariantsResponse empty;
      empty.set_metric(sweep.objective().metric());
      empty.set_goal(sweep.objective().goal());
      comparison = empty;
    }
    if (!comparison.ok()) return comparison.status();
    Say(options_, "");
    return Answer(
        options_, [&] { return JsonDocument(*comparison); },
        [&] { return ComparisonCsv(*comparison); },
        [&](bool color) {
          return comparison->variants().empty() ? ""
                                                : ComparisonText(*comparison, sweep.name(), color);
        });
  }

  // One failure of each kind in full, at most a few; the others are counted.
  absl::Status TellFailures(const v1::Sweep& sweep) {
    ADARES_ASSIGN_OR_RETURN(const auto failed, service_->connection().ListTrials(
                                                   sweep.name(), {v1::Trial::STATE_FAILED}));
    std::string text;
    std::set<std::string> told;
    for (const v1::Trial& failure : failed) {
      if (told.size() == kFailuresShown || !told.insert(failure.message()).second) continue;
      ADARES_ASSIGN_OR_RETURN(const v1::Trial trial,
                              service_->connection().GetTrial(failure.name()));
      absl::StrAppend(
          &text, "\n",
          WhyItFailed(trial, absl::StrCat("whole log: adares-server --state ", run_.state,
                                          " & adares trial logs ", ShortName(failure.name()))));
    }
    if (failed.size() > told.size()) {
      absl::StrAppend(&text, "... and ",
                      Plural(std::ssize(failed) - std::ssize(told), "more failed trial"), "\n");
    }
    absl::StrAppend(&text, "\nto try failed trials again: the same command with --retry\n");
    WriteAll(stderr, text);
    return absl::OkStatus();
  }

  void TellWhereResultsAre(const v1::Sweep& sweep) {
    Say(options_,
        absl::StrCat("\nresults: sqlite3 ", run_.state, "/adares.db   or adares-server --state ",
                     run_.state, " & adares trial list ", ShortName(sweep.name())));
  }

  const GlobalOptions& options_;
  const RunOptions& run_;
  const SweepFile file_;
  const std::vector<Override> overrides_;
  Signals signals_;
  ProgressDisplay display_;
  const Timestamp started_at_ = SystemNow();
  std::string device_;  // that its trainers take
  std::unique_ptr<LocalService> service_;
};

absl::Status CheckServerIsNotGiven(const GlobalOptions& options) {
  if (!options.is_server_given) return absl::OkStatus();
  return UsageError("run starts a coordinator of its own, so that --server has no meaning here",
                    absl::StrCat("on the one at ", options.server,
                                 ": adares sweep submit FILE --wait --server ", options.server));
}

// A word that no trial reports would be found out after the last trial only.
absl::Status CheckMetric(const std::string& metric) {
  const std::vector<std::string>& reported = ReportedMetrics();
  if (metric.empty() || std::find(reported.begin(), reported.end(), metric) != reported.end()) {
    return absl::OkStatus();
  }
  return UsageError(
      absl::StrCat("--metric: trials report no ", Quoted(metric), DidYouMean(metric, reported)),
      "nothing was started");
}

// Checks all that can be checked before anything is started.
absl::StatusOr<ExitCode> RunSweep(const GlobalOptions& options, const RunOptions& run) {
  ADARES_RETURN_IF_ERROR(CheckServerIsNotGiven(options));
  ADARES_RETURN_IF_ERROR(CheckMetric(run.metric));
  ADARES_ASSIGN_OR_RETURN(SweepFile file, ReadSweepFile(run.file));
  ADARES_ASSIGN_OR_RETURN(auto overrides, ParseOverrides(run.set, run.name));
  const auto plan = LoadSweep(file.text, file.origin, overrides);
  if (!plan.ok()) return WithExcerpt(plan.status(), file.text);
  ADARES_RETURN_IF_ERROR(CheckData(*plan, run.data));
  return Run(options, run, std::move(file), std::move(overrides)).Do();
}

}  // namespace

void AddRunCommand(CLI::App& app, CommandLine& line) {
  const auto run = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand(
      "run", "Run a sweep on this machine and compare its variants; continues what is unfinished");
  command->add_option("FILE", run->file, "The sweep file, YAML or JSON; - for standard input")
      ->required();
  command->add_option("--state", run->state, "Where database and logs are kept")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_option("--data", run->data, "Where the data sets are")
      ->type_name("DIR")
      ->envname("ADARES_DATA_DIR");
  command->add_option("--slots", run->slots, "Trials at a time; by default one for each core")
      ->check(IntegerBetween(1, 1024))
      ->type_name("N");
  command->add_option("--threads", run->threads, "Threads of each trial; by default cores / slots")
      ->check(IntegerBetween(1, 1024))
      ->type_name("N");
  command
      ->add_option("--device", run->device, "cpu, cuda, or auto for cuda where there is one")
      // What people call it.
      ->transform([](const std::string& word) { return word == "gpu" ? "cuda" : word; }, "", "")
      ->check(OneOf({"cpu", "cuda", "auto"}))
      ->type_name("DEVICE")
      ->capture_default_str();
  command->add_option("--name", run->name, "Another name for the sweep than the file's")
      ->type_name("NAME");
  command->add_option("--set", run->set, "Change the base configuration, e.g. train.epochs=2")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--retry", run->retry, "Train failed and cancelled trials again");
  command->add_option("--metric", run->metric, "What to compare; the sweep's objective by default")
      ->type_name("KEY");
  command->footer(
      "It starts a coordinator of its own, so that --server has no meaning here.\n"
      "-o, -q, --timeout and the other options of every command: adares --help\n");
  command->callback([run, &line] {
    line.chosen = [run](const GlobalOptions& options) { return RunSweep(options, *run); };
  });
}

}  // namespace adares::client
