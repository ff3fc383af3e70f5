// adares-worker: wires the agent to this machine, the coordinator and the signals.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <chrono>
#include <csignal>
#include <exception>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/stop_signals.h"
#include "rpc/channel.h"
#include "worker/agent/agent.h"
#include "worker/agent/asio_event_loop.h"
#include "worker/agent/config.h"
#include "worker/agent/grpc_coordinator_link.h"
#include "worker/agent/instance.h"
#include "worker/agent/machine_data.h"
#include "worker/agent/start_check.h"
#include "worker/agent/state_lock.h"

namespace adares::worker {
namespace {

constexpr int kExitCannotStart = 1;
constexpr int kExitRejected = 3;  // deploy/systemd knows it: a restart would not help

void SetUpLog() {
  spdlog::set_default_logger(spdlog::stderr_logger_mt("worker"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
}

// The first signal drains, the second ends at once.
class Signals {
 public:
  Signals(boost::asio::io_context& io, Agent& agent) : io_(io), agent_(agent), set_(io) {
    set_.add(SIGINT);
    set_.add(SIGTERM);
    Wait();
  }

  // Of the second signal, 0 where there was none.
  int exit_code() const { return exit_code_; }

 private:
  void Wait() {
    set_.async_wait([this](const boost::system::error_code& error, int signal) {
      if (error) return;
      if (requests_.IsRequest(signal, std::chrono::steady_clock::now())) Obey(signal);
      if (exit_code_ == 0) Wait();
    });
  }

  void Obey(int signal) {
    spdlog::info("event=signal number={}", signal);
    if (!std::exchange(draining_, true)) return agent_.Drain();
    exit_code_ = 128 + signal;
    io_.stop();
  }

  boost::asio::io_context& io_;
  Agent& agent_;
  boost::asio::signal_set set_;
  StopSignals requests_;
  bool draining_ = false;
  int exit_code_ = 0;
};

// What the fleet is told that this machine has; no data sets, which are looked for later.
Capability CapabilityOf(const Config& config, const Machine& machine) {
  return {FleetDevice(config, machine), MemoryOfSlot(config, machine), config.labels,
          std::set<std::string>()};
}

// For a thread that may outlive all that is here.
std::function<Capability()> Look(const Config& config, const Capability& capability) {
  return [data_dir = config.data_dir, capability] {
    Capability now = capability;
    now.datasets = DatasetsIn(data_dir);  // all else stays for as long as it runs
    return now;
  };
}

int Work(const Config& config, const WorkerIdentity& identity, AttemptFolders& folders) {
  boost::asio::io_context io(1);
  AsioEventLoop loop(io);
  GrpcCoordinatorLink link(MakeChannel(config.server), identity,
                           [&loop](EventLoop::Action action) { loop.Post(std::move(action)); });
  absl::Status end;
  const TrainerProgram trainer{config.trainer, config.device, config.threads, config.data_dir};
  const TrainerLimits limits{std::chrono::seconds(config.trainer_idle), config.trainer_trials};
  Agent agent({config.slots, trainer, limits, std::chrono::seconds(config.checkpoint_seconds),
               Look(config, identity.capability)},
              {loop, io, link, folders}, [&](const absl::Status& status) {
                end = status;
                io.stop();
              });
  const Signals signals(io, agent);
  agent.Start();
  io.run();
  if (!end.ok()) {
    spdlog::error("event=rejected error={:?}", std::string(end.message()));
    return kExitRejected;
  }
  return signals.exit_code();
}

// The device that trials are trained on.
absl::StatusOr<std::string> CheckMachine(const Config& config) {
  ADARES_RETURN_IF_ERROR(CheckDataFolder(config.data_dir));
  return CheckTrainer(config.trainer, config.device);
}

// Where there is a driver that the trainer cannot use, this is a machine without one: the fleet
// must not think that it trains on a GPU, nor may the number of slots.
CommandLine WithoutDriver(int argc, char** argv, Machine& machine) {
  spdlog::warn(
      "event=driver_not_used hint=\"there is an NVIDIA driver, but the trainer's LibTorch finds no "
      "CUDA device: trials are trained on the CPU; build against a CUDA build of PyTorch\"");
  machine.has_nvidia_driver = false;
  return ParseCommandLine(argc, argv, machine, ADARES_VERSION);
}

int Run(int argc, char** argv) {
  Machine machine = ThisMachine();
  CommandLine command_line = ParseCommandLine(argc, argv, machine, ADARES_VERSION);
  if (!command_line.config) {
    (command_line.exit_code == 0 ? std::cout : std::cerr) << command_line.text;
    return command_line.exit_code;
  }
  SetUpLog();
  // Whoever signals all processes of a worker to ask for checkpoints means the trainers.
  std::signal(SIGUSR1, SIG_IGN);
  Config& config = *command_line.config;
  const auto lock = StateLock::Acquire(config.state_folder);
  auto folders = lock.ok() ? AttemptFolders::Open(config.state_folder) : lock.status();
  // This may take seconds, in which nothing else is heard.
  if (folders.ok()) spdlog::info("event=starting hint=\"asking the trainer for its device\"");
  const auto device =
      folders.ok() ? CheckMachine(config) : absl::StatusOr<std::string>(folders.status());
  if (!device.ok()) {
    std::cerr << "adares-worker: " << device.status().message() << "\n";
    return kExitCannotStart;
  }
  if (*device == "cpu" && FleetDevice(config, machine) == "cuda") {
    command_line = WithoutDriver(argc, argv, machine);
  }
  config.device = *device;
  const WorkerIdentity identity{config.name,      BeginInstance(config.state_folder),
                                machine.hostname, CapabilityOf(config, machine),
                                config.slots,     ADARES_VERSION};
  spdlog::info(
      "event=started worker={} server={} slots={} device={} threads={} state={:?} trainer={:?}",
      identity.name, config.server, config.slots, config.device, config.threads,
      config.state_folder.string(), config.trainer.string());
  if (config.data_dir.empty()) {
    spdlog::warn(
        "event=no_data hint=\"without --data only trials on synthetic images succeed here\"");
  }
  const int exit_code = Work(config, identity, *folders);
  spdlog::info("event=stopped exit_code={}", exit_code);
  return exit_code;
}

}  // namespace
}  // namespace adares::worker

int main(int argc, char** argv) {
  try {
    return adares::worker::Run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "adares-worker: " << error.what() << "\n";
    return 1;
  }
}
