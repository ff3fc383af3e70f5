// Options by getopt_long: the trainer needs no library for them.
#include "worker/trainer/trainer_options.h"

#include <getopt.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/unknown_option.h"
#include "worker/trainer/data_cache.h"

namespace adares {
namespace {

constexpr int kMaxThreads = 1024;

constexpr int kMaxInterval = 1'000'000'000;
constexpr double kDefaultSeconds = 60;

constexpr std::array<option, 17> kOptions{{
    {"spec", required_argument, nullptr, 's'},
    {"events-fd", required_argument, nullptr, 'e'},
    {"device", required_argument, nullptr, 'd'},
    {"threads", required_argument, nullptr, 't'},
    {"data", required_argument, nullptr, 'D'},
    {"cache", required_argument, nullptr, 'C'},
    {"checkpoints", required_argument, nullptr, 'c'},
    {"checkpoint-steps", required_argument, nullptr, 'n'},
    {"checkpoint-seconds", required_argument, nullptr, 'i'},
    {"resume", no_argument, nullptr, 'r'},
    {"keep-dead-taps", no_argument, nullptr, 'k'},
    {"deterministic", no_argument, nullptr, 'b'},
    {"eager-steps", no_argument, nullptr, 'g'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'v'},
    {"show-device", no_argument, nullptr, 'w'},
    {nullptr, 0, nullptr, 0},
}};

absl::StatusOr<int> ParseNumber(const std::string& option, const std::string& text, int low,
                                int high) {
  int value = 0;
  if (!absl::SimpleAtoi(text, &value) || value < low || value > high) {
    return absl::InvalidArgumentError(
        absl::StrCat("--", option, " ", text, ": expected a number from ", low, " to ", high));
  }
  return value;
}

absl::Status Apply(int letter, const std::string& value, TrainerOptions& options) {
  absl::StatusOr<int> number = 0;
  switch (letter) {
    case 's':
      options.spec_path = value;
      break;
    case 'e':
      number = ParseNumber("events-fd", value, 0, 1 << 20);
      if (number.ok()) options.events_fd = *number;
      break;
    case 't':
      number = ParseNumber("threads", value, 1, kMaxThreads);
      if (number.ok()) options.threads = *number;
      break;
    case 'd':
      if (value != "cpu" && value != "cuda" && value != "auto") {
        return absl::InvalidArgumentError(
            absl::StrCat("--device ", value, ": expected cpu, cuda or auto"));
      }
      options.device = value;
      break;
    case 'D':
      options.data_dir = value;
      break;
    case 'c':
      options.checkpoints.folder = value;
      break;
    case 'C':
      options.cache_dir = value;
      break;
    case 'n':
      number = ParseNumber("checkpoint-steps", value, 1, kMaxInterval);
      if (number.ok()) options.checkpoints.every_steps = *number;
      break;
    case 'i':
      number = ParseNumber("checkpoint-seconds", value, 1, kMaxInterval);
      if (number.ok()) options.checkpoints.every_seconds = *number;
      break;
    case 'r':
      options.checkpoints.resume = true;
      break;
    case 'k':
      options.keep_dead_taps = true;
      break;
    case 'b':
      options.deterministic = true;
      break;
    case 'g':
      options.eager_steps = true;
      break;
    case 'h':
      options.action = TrainerOptions::Action::kShowHelp;
      break;
    case 'v':
      options.action = TrainerOptions::Action::kShowVersion;
      break;
    case 'w':
      options.action = TrainerOptions::Action::kShowDevice;
      break;
    default:
      return absl::InvalidArgumentError("unknown option or missing value");
  }
  return number.status();
}

// Checkpoints are for a trial by hand; a worker orders its own with each trial.
absl::Status FinishCheckpoints(TrainerOptions& options) {
  trainer_protocol::CheckpointOrder& order = options.checkpoints;
  const bool any = order != trainer_protocol::CheckpointOrder{};
  if (any && options.spec_path.empty()) {
    return absl::InvalidArgumentError(
        "options about checkpoints go with --spec FILE; a worker orders them with each trial");
  }
  if (any && order.folder.empty()) {
    return absl::InvalidArgumentError(
        "--checkpoint-steps, --checkpoint-seconds and --resume need --checkpoints DIR");
  }
  if (any && order.every_steps == 0 && order.every_seconds == 0) {
    order.every_seconds = kDefaultSeconds;
  }
  return absl::OkStatus();
}

// About an argument that getopt does not take.
absl::Status NotTaken(const std::string& argument) {
  std::vector<std::string> known;
  for (const option& entry : kOptions) {
    if (entry.name != nullptr) known.push_back(absl::StrCat("--", entry.name));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      UnknownOption({argument}, known).value_or(argument + ": unknown option or missing value"),
      "; see --help"));
}

}  // namespace

const char kTrainerHelp[] =
    "adares-trainer trains AdaResNets with LibTorch.\n"
    "\n"
    "  adares-trainer --spec trial.json      train this one trial; events go to standard output\n"
    "  adares-trainer --events-fd FD         take commands from standard input (what a worker "
    "does)\n"
    "\n"
    "  --spec FILE       trial specification (JSON)\n"
    "  --events-fd FD    descriptor for the events, one JSON object a line\n"
    "  --device DEVICE   cpu, cuda or auto (default: auto)\n"
    "  --threads N       threads of one operation (default: all processors)\n"
    "  --data DIR        folder of the data sets (default: $ADARES_DATA_DIR)\n"
    "  --cache DIR       folder for decoded data sets, which trainers share (default:\n"
    "                    $XDG_CACHE_HOME/adares, else ~/.cache/adares)\n"
    "  --checkpoints DIR        write checkpoints of the trial into this folder\n"
    "  --checkpoint-steps N     one each N steps\n"
    "  --checkpoint-seconds N   one each N seconds (default: 60, where neither is given)\n"
    "  --resume                 go on from the newest checkpoint in DIR, if there is one\n"
    "  --keep-dead-taps  compute with taps that only ever see padding too: the same numbers but "
    "for\n"
    "                    rounding, slower\n"
    "  --deterministic   on CUDA: the same bits each time on GPUs of one kind, slower (default:\n"
    "                    $ADARES_DETERMINISTIC is 1); the CPU gives them anyway\n"
    "  --eager-steps     on CUDA: start each operation of a step by itself, not captured ones\n"
    "                    together: the same numbers, slower\n"
    "  --show-device     print what it would train on, cpu or cuda, and end\n"
    "  --version, --help\n"
    "\n"
    "SIGTERM and SIGINT stop the trial after its step, with a checkpoint where there is a folder "
    "for "
    "them;\n"
    "SIGUSR1 asks for one. The log goes to standard error. Exit status of a run with --spec: 0 the "
    "trial finished, 1 it "
    "did\n"
    "not (the last event says why), 2 the command line or the specification is wrong.\n";

absl::StatusOr<TrainerOptions> ParseTrainerOptions(int argc, char** argv) {
  TrainerOptions options;
  if (const char* dir = std::getenv("ADARES_DATA_DIR")) options.data_dir = dir;
  options.cache_dir = DefaultCacheFolder();
  const char* const deterministic = std::getenv("ADARES_DETERMINISTIC");
  options.deterministic = deterministic != nullptr && std::string_view(deterministic) == "1";
  optind = 0;  // starts over: tests parse more than one command line
  opterr = 0;
  int letter = 0;
  while ((letter = getopt_long(argc, argv, "", kOptions.data(), nullptr)) != -1) {
    const absl::Status status = Apply(letter, optarg == nullptr ? "" : optarg, options);
    if (letter == '?') return NotTaken(argv[optind - 1]);
    if (!status.ok()) return status;
  }
  if (optind < argc) {
    return absl::InvalidArgumentError(
        absl::StrCat(argv[optind], ": unexpected argument; see --help"));
  }
  if (options.action == TrainerOptions::Action::kTrain && options.spec_path.empty() &&
      options.events_fd < 0) {
    return absl::InvalidArgumentError("give --spec FILE or --events-fd FD; see --help");
  }
  ADARES_RETURN_IF_ERROR(FinishCheckpoints(options));
  return options;
}

}  // namespace adares
