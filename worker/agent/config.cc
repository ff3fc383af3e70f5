#include "worker/agent/config.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/available_cores.h"
#include "core/label.h"
#include "core/report_limits.h"
#include "core/sweep_spec.h"
#include "core/unknown_option.h"
#include "core/utf8.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxSeconds = 1'000'000;
constexpr int64_t kMaxTrials = 1'000'000'000;
constexpr size_t kLongestWorkerName = 63;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string CheckName(const std::string& name) {
  if (IsSweepName(name)) return "";  // the same grammar
  return "must be lower-case letters, digits and '-', begin with a letter, end with a letter or "
         "digit, and have at most 63 characters; try " +
         WorkerNameFrom(name);
}

void AddLabel(const std::string& label, Config& config) {
  const size_t equals = label.find('=');
  const std::string key = label.substr(0, equals);
  if (equals == std::string::npos || !IsLabelKey(key)) {
    throw CLI::ValidationError("--label",
                               "write NAME=VALUE, the name of up to 63 of a-z, 0-9 and "
                               ". _ / -, a letter first");
  }
  const std::string value = label.substr(equals + 1);
  if (value.size() > kLongestLabelValue) {
    throw CLI::ValidationError("--label", "a value has at most 200 bytes");
  }
  if (!IsUtf8(value)) throw CLI::ValidationError("--label", "a value is written in UTF-8");
  config.labels[key] = value;
}

void AddOptions(CLI::App& app, Config& config) {
  app.add_option("--server", config.server, "The coordinator: HOST:PORT or unix:PATH")
      ->capture_default_str();
  app.add_option("--slots", config.slots,
                 "Trials at a time (default: one a processor; with --device cuda 1)")
      ->check(CLI::Range(1, kMaxSlots));
  app.add_option("--state", config.state_folder, "Folder for logs and unsent records")
      ->capture_default_str();
  app.add_option("--data", config.data_dir,
                 "Folder of the data sets, mnist/ and so on (default: $ADARES_DATA_DIR)");
  app.add_option("--device", config.device, "Where to train: cpu, cuda (or gpu), or auto")
      // What people call it, as `adares run` takes it.
      ->transform([](const std::string& word) { return word == "gpu" ? "cuda" : word; }, "", "")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
  app.add_option("--threads", config.threads,
                 "Threads of each trainer; 0: the processors divided by the slots")
      ->check(CLI::Range(0, kMaxSlots))
      ->capture_default_str();
  app.add_option("--name", config.name,
                 "The worker's name, unique in the fleet (default: from the host's name)")
      ->check(CLI::Validator(CheckName, "NAME"));
  app.add_option_function<std::vector<std::string>>(
         "--label",
         [&config](const std::vector<std::string>& labels) {
           for (const std::string& label : labels) AddLabel(label, config);
         },
         "What trials may ask for with resources.labels, e.g. gpu=H200; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--memory", config.memory,
                 "Memory of the device for one slot, e.g. 8GiB (default: on the CPU the machine's "
                 "divided by the slots)")
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::PositiveNumber);
  app.add_option("--trainer", config.trainer,
                 "The trainer program (default: adares-trainer beside this program)");
  app.add_option("--trainer-idle", config.trainer_idle,
                 "Seconds that a trainer without a trial waits for the next one")
      ->check(CLI::Range(1, kMaxSeconds))
      ->capture_default_str();
  app.add_option("--trainer-trials", config.trainer_trials,
                 "Trials that one trainer process trains at most; 0: any number")
      ->check(CLI::Range(int64_t{0}, kMaxTrials))
      ->capture_default_str();
  app.add_option("--checkpoint-seconds", config.checkpoint_seconds,
                 "Seconds between two checkpoints of a trial; 0: none are uploaded")
      ->check(CLI::Range(0, kMaxSeconds))
      ->capture_default_str();
}

// Trainers run elsewhere in time, if not in place: their paths must not hang on the working folder.
void Complete(const Machine& machine, Config& config) {
  if (config.name.empty()) config.name = WorkerNameFrom(machine.hostname);
  if (config.slots == 0) {
    config.slots =
        FleetDevice(config, machine) == "cpu" ? std::min(machine.processors, kMaxSlots) : 1;
  }
  if (config.threads == 0) config.threads = std::max(1, machine.processors / config.slots);
  if (config.data_dir.empty()) config.data_dir = machine.data_dir;
  if (config.trainer.empty()) config.trainer = machine.program.parent_path() / "adares-trainer";
  std::error_code ignored;  // fails only where the working folder is gone
  config.trainer = fs::absolute(config.trainer, ignored);
  if (!config.data_dir.empty()) config.data_dir = fs::absolute(config.data_dir, ignored).string();
}

// What is wrong with the command line, in one line.
std::string Complaint(const CLI::App& app, const CLI::ParseError& error) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return UnknownOption(app.remaining(), known).value_or(error.what());
}

}  // namespace

Machine ThisMachine() {
  Machine machine;
  std::array<char, 256> hostname{};
  if (gethostname(hostname.data(), hostname.size() - 1) == 0) machine.hostname = hostname.data();
  machine.processors = AvailableCores();
  std::error_code ignored;
  machine.has_nvidia_driver = fs::exists("/dev/nvidiactl", ignored);
  const int64_t pages = sysconf(_SC_PHYS_PAGES);
  const int64_t page = sysconf(_SC_PAGE_SIZE);
  if (pages > 0 && page > 0) machine.memory = pages * page;
  machine.program = fs::read_symlink("/proc/self/exe", ignored);
  if (const char* dir = std::getenv("ADARES_DATA_DIR")) machine.data_dir = dir;
  return machine;
}

CommandLine ParseCommandLine(int argc, const char* const* argv, const Machine& machine,
                             std::string_view version) {
  Config config;
  CLI::App app("adares-worker trains trials that a coordinator gives it.", "adares-worker");
  app.set_version_flag("--version", absl::StrCat("adares-worker ", std::string(version)));
  AddOptions(app, config);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, app.help(), 0};
  } catch (const CLI::CallForVersion& wanted) {
    return {std::nullopt, absl::StrCat(wanted.what(), "\n"), 0};
  } catch (const CLI::ParseError& error) {
    return {std::nullopt,
            absl::StrCat("adares-worker: ", Complaint(app, error),
                         "\nadares-worker --help lists the options.\n"),
            2};
  }
  Complete(machine, config);
  return {std::move(config), "", 0};
}

std::string FleetDevice(const Config& config, const Machine& machine) {
  if (config.device != "auto") return config.device;
  return machine.has_nvidia_driver ? "cuda" : "cpu";
}

int64_t MemoryOfSlot(const Config& config, const Machine& machine) {
  if (config.memory > 0) return config.memory;
  return FleetDevice(config, machine) == "cpu" ? machine.memory / config.slots : 0;
}

std::string WorkerNameFrom(std::string_view hostname) {
  std::string name;
  for (const char raw : hostname) {
    const char c = raw >= 'A' && raw <= 'Z' ? static_cast<char>(raw - 'A' + 'a') : raw;
    if (name.empty() && !IsLower(c)) continue;
    if (name.size() == kLongestWorkerName) break;
    name += IsLower(c) || IsDigit(c) ? c : '-';
  }
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? "worker" : name;
}

}  // namespace adares::worker
