// The command line of adares-worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace adares::worker {

struct Config {
  std::string server = "127.0.0.1:7070";  // HOST:PORT or unix:PATH
  std::string name;                       // in the fleet
  std::filesystem::path state_folder = "./adares-worker-state";
  std::filesystem::path trainer;
  std::string data_dir;          // empty: trainers have no data folder
  std::string device = "auto";   // as trainers are told: "cpu", "cuda", "auto"
  int slots = 0;                 // 1 to 1024 after parsing
  int threads = 0;               // of each trainer; at least 1 after parsing
  int trainer_idle = 300;        // seconds for which a trainer waits for its next trial
  int64_t trainer_trials = 100;  // of one trainer process; 0: any number
  int checkpoint_seconds = 300;  // between two checkpoints of a trial; 0: none
  std::map<std::string, std::string> labels;  // what trials may ask for
  int64_t memory = 0;                         // bytes of the device for one slot; 0: not named
};

// What the machine says, where the command line does not.
struct Machine {
  std::string hostname;
  int processors = 1;  // that this process may use
  bool has_nvidia_driver = false;
  int64_t memory = 0;             // bytes; 0: not known
  std::filesystem::path program;  // our own executable
  std::string data_dir;           // ADARES_DATA_DIR, or empty
};

Machine ThisMachine();

// Either a configuration, or text to print and an exit code: --help, --version, a bad option (2).
struct CommandLine {
  std::optional<Config> config;
  std::string text;
  int exit_code = 0;
};

CommandLine ParseCommandLine(int argc, const char* const* argv, const Machine& machine,
                             std::string_view version);

// "cpu" or "cuda": what the fleet is told.
std::string FleetDevice(const Config& config, const Machine& machine);

// Bytes of the device for one slot: as named, or on the CPU its share of the machine's; 0 where not
// known.
int64_t MemoryOfSlot(const Config& config, const Machine& machine);

// `hostname` in the form [a-z]([a-z0-9-]{0,61}[a-z0-9])?.
std::string WorkerNameFrom(std::string_view hostname);

}  // namespace adares::worker
