// adares-server: the coordinator. Reads flags, starts the Server, waits for a signal. Or does one
// thing to a state folder that no server uses.
#include <pthread.h>
#include <signal.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "core/stop_signals.h"
#include "core/unknown_option.h"
#include "server/offline/offline_commands.h"
#include "server/server.h"

namespace {

using adares::Server;
using adares::ServerConfig;
using adares::StopSignals;

constexpr int kUsageError = 2;

adares::Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<adares::Duration>(std::chrono::duration<double>(seconds));
}

// Blocks the signals that end the server in all threads, so that sigwait gets them.
sigset_t BlockSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  return signals;
}

// A thousand workers hold more connections and files than the usual soft limit allows.
void RaiseFileLimit() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int AwaitRequest(const sigset_t& signals, StopSignals& requests) {
  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (requests.IsRequest(signal, std::chrono::steady_clock::now())) return signal;
  }
}

int Serve(const ServerConfig& config) {
  RaiseFileLimit();
  const sigset_t signals = BlockSignals();
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(config);
  if (!server.ok()) {
    spdlog::error("cannot start: {}", std::string(server.status().message()));
    return EXIT_FAILURE;
  }
  spdlog::info("serving state={} grpc={} http={}", config.state_dir, (*server)->address(),
               config.http == "none" ? "none" : (*server)->http_address());
  StopSignals requests;
  const int received = AwaitRequest(signals, requests);
  spdlog::info("stopping signal={}", received);
  // A second request ends the process at once.
  std::jthread impatient([&signals, &requests] {
    const int again = AwaitRequest(signals, requests);
    spdlog::warn("stopping at once signal={}", again);
    _exit(128 + again);
  });
  (*server)->Shutdown();
  spdlog::info("stopped");
  spdlog::shutdown();
  _exit(EXIT_SUCCESS);  // the impatient thread waits for ever
}

// Prints help, a version or a complaint; the exit code.
int Leave(const CLI::App& app, const CLI::ParseError& error) {
  std::vector<std::string> known;
  const auto add = [&known](const CLI::App& command) {
    for (const CLI::Option* option : command.get_options()) {
      for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
    }
  };
  add(app);
  for (const CLI::App* command : app.get_subcommands()) add(*command);
  const auto unknown = adares::UnknownOption(app.remaining(/*recurse=*/true), known);
  if (error.get_exit_code() == 0 || !unknown) {
    return app.exit(error) == 0 ? EXIT_SUCCESS : kUsageError;
  }
  std::cerr << *unknown << "\nRun with --help for more information.\n";
  return kUsageError;
}

}  // namespace

int main(int argc, char** argv) {
  // What gRPC has to say about an address that is taken, our own message says better.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  spdlog::set_default_logger(spdlog::stderr_color_mt("adares-server"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  ServerConfig config;
  double lease_seconds = 30;
  double sync_seconds = 5;
  double retention_days = 0;
  std::function<int()> offline;
  CLI::App app{"adares-server: queues trials, hands them to workers and keeps what they measure.",
               "adares-server"};
  app.set_version_flag("--version", "adares-server " ADARES_VERSION);
  app.add_option("--state", config.state_dir, "folder of the database; made if missing. REQUIRED");
  app.add_option("--listen", config.listen, "gRPC address, HOST:PORT or unix:PATH")
      ->capture_default_str();
  app.add_option("--http", config.http, "HTTP address for /metrics and probes, or none")
      ->capture_default_str();
  app.add_flag("--insecure", config.insecure,
               "listen where other machines can reach it, without encryption");
  app.add_option("--readers", config.readers, "read-only database connections")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--lease", lease_seconds, "seconds that a silent worker keeps its trials")
      ->check(CLI::Range(1.0, 86400.0))
      ->capture_default_str();
  app.add_option("--sync-interval", sync_seconds, "seconds between two syncs of a worker")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  app.add_option(
         "--retention", retention_days,
         "days after which log lines and superseded rows of attempts that have ended, and "
         "all checkpoints but one of trials that have, are deleted, never results; 0 keeps all")
      ->check(CLI::Range(0.0, 36500.0))
      ->capture_default_str();
  adares::AddOfflineCommands(app, config.state_dir, offline);
  try {
    app.parse(argc, argv);
    // Not of the option itself: what is misspelt is to be told first.
    if (config.state_dir.empty()) throw CLI::RequiredError("--state");
  } catch (const CLI::ParseError& error) {
    return Leave(app, error);
  }
  if (offline) return offline();
  if (sync_seconds * 2 > lease_seconds) {
    spdlog::error(
        "--lease {} is less than twice --sync-interval {}: a worker that misses one sync "
        "would lose its trials",
        lease_seconds, sync_seconds);
    return kUsageError;
  }
  config.lease.lease_duration = FromSeconds(lease_seconds);
  config.lease.sync_interval = FromSeconds(sync_seconds);
  config.lease.restart_grace = config.lease.lease_duration;
  config.retention = FromSeconds(retention_days * 24 * 3600);
  return Serve(config);
}
