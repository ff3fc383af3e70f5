// Stands in for adares-server beside a copy of `adares`: a scripted coordinator that serves one
// sweep. SCRIPTED_SWEEP in the environment says how it goes: `succeeds`, `fails`, `holds` (for
// ever), `finished` (before it is submitted), `conflicts`, `unfit` (its worker lacks
// what it needs), `stale` (only the worker of an earlier run did), or `stalls` when it is
// submitted, or `stalls-at-the-end` when it is compared. What stalls is said on the fifo of the
// worker.
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "core/status.h"
#include "tests/client/messages.h"
#include "tests/client/scripted_coordinator.h"

namespace adares::client {
namespace {

void Fail(Script* script) {
  v1::Sweep after = MakeSweep(v1::Sweep::STATE_FAILED, 0, 0, 1, 1);
  script->trials = {MakeFailedTrial(1), MakeTrial(2, v1::Trial::STATE_SUCCEEDED)};
  script->watches = {{{MakeUpdate(1, after, script->trials[0])}, absl::OkStatus()}};
}

// The worker `local`, that registered so long after now.
v1::Worker MakeLocalWorker(std::chrono::hours later) {
  const auto since_epoch = (std::chrono::system_clock::now() + later).time_since_epoch();
  v1::Worker worker;
  worker.set_name("workers/local");
  worker.set_state(v1::Worker::STATE_READY);
  worker.mutable_register_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count());
  return worker;
}

// A sweep that cannot run as it is seen first, and then has succeeded.
void BeUnfitAtFirst(Script* script) {
  v1::Sweep unfit = script->created.sweep();
  v1::PendingReason* const pending = unfit.add_pending();
  pending->set_trials(2);
  pending->set_cause(v1::PendingReason::CAUSE_UNFIT);
  pending->set_reason("no connected worker can run them: needs data set mnist");
  script->sweeps = {unfit};
  const v1::Sweep after = MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 2);
  script->watches = {{{MakeUpdate(1, unfit), MakeUpdate(2, after)}, absl::OkStatus()}};
}

// Blocks until the scripted worker has said that it is up, without taking its word out of the fifo.
void AwaitWorker() {
  const int fd = open(std::getenv("WORKER_UP"), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  pollfd waiting = {fd, POLLIN, 0};
  poll(&waiting, 1, 30'000);
  close(fd);
}

void SayUp() {
  const int fd = open(std::getenv("WORKER_UP"), O_WRONLY | O_CLOEXEC);
  [[maybe_unused]] const ssize_t written = write(fd, "up\n", 3);
  close(fd);
}

Script MakeScript(const std::string& sweep) {
  Script script;
  *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_RUNNING, 2, 0, 0);
  script.comparison.set_metric("test/accuracy");
  script.comparison.set_goal(v1::Objective::GOAL_MAXIMIZE);
  *script.comparison.add_variants() = MakeVariant("aaaa", "none", {0.97, 0.98}, 0.975, 0.007);
  if (sweep == "fails" || sweep == "succeeds") script.before_watch = AwaitWorker;
  if (sweep == "fails") Fail(&script);
  if (sweep == "succeeds") {
    script.sweeps = {script.created.sweep(), MakeSweep(v1::Sweep::STATE_RUNNING, 3, 0, 1),
                     MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 2)};
    script.sweeps[1].set_name("sweeps/older");
    script.sweeps[2].set_name("sweeps/done");
    const v1::Sweep after = MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 2);
    script.watches = {{{MakeUpdate(1, after)}, absl::OkStatus()}};
  }
  if (sweep == "unfit" || sweep == "stale") {
    BeUnfitAtFirst(&script);
    script.workers = {MakeLocalWorker(std::chrono::hours(sweep == "unfit" ? 1 : -1))};
  }
  if (sweep.starts_with("stalls")) {
    script.held = {sweep == "stalls" ? "CreateSweep" : "CompareVariants"};
    script.on_hold = SayUp;
  }
  if (sweep == "finished" || sweep == "stalls-at-the-end") {
    *script.created.mutable_sweep() = MakeSweep(v1::Sweep::STATE_SUCCEEDED, 0, 0, 2);
    script.created.set_already_existed(true);
  }
  if (sweep == "conflicts") {
    script.errors["CreateSweep"] = MakeError(absl::StatusCode::kAlreadyExists, reason::kSweepExists,
                                             "a sweep \"mnist\" with other content exists");
  }
  return script;
}

std::string Listen(int argc, char** argv) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--listen") return argv[i + 1];
  }
  return "";
}

int Main(int argc, char** argv) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  for (int i = 1; i < argc; ++i) std::cout << argv[i] << " ";
  std::cout << std::endl;
  const char* sweep = std::getenv("SCRIPTED_SWEEP");
  const ScriptedCoordinator coordinator(Listen(argc, argv),
                                        MakeScript(sweep == nullptr ? "" : sweep));
  int received = 0;
  sigwait(&set, &received);
  return 0;
}

}  // namespace
}  // namespace adares::client

int main(int argc, char** argv) { return adares::client::Main(argc, argv); }
