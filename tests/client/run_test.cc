// `adares run` with scripted programs beside it: how it starts them, watches over them, and ends.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "nlohmann/json.hpp"
#include "tests/client/command_fixture.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr char kSweepFile[] =
    "apiVersion: adares/v1\n"
    "kind: Sweep\n"
    "name: mnist\n"
    "base: {data: {dataset: synthetic}}\n"
    "replicates: {seeds: [0, 1]}\n";

// Writes its arguments to its log, holds one fifo open while it lives, says on another that it is
// up, and leaves on SIGTERM.
constexpr char kWorker[] =
    "#!/bin/sh\n"
    "echo \"worker with $@\"\n"
    "exec 9>\"$WORKER_ALIVE\"\n"
    "sleep 1000 9>&- &\n"
    "trap 'kill $!; echo left in peace; exit 0' TERM\n"
    "echo up >\"$WORKER_UP\"\n"
    "wait\n";

class RunTest : public CommandFixture {
 protected:
  RunTest() {
    fs::create_directory(folder_ / "bin");
    fs::copy_file(ADARES_PROGRAM, Bin("adares"));
    fs::copy_file(SCRIPTED_SERVER, Bin("adares-server"));
    WriteProgram("adares-worker", kWorker);
    alive_fd_ = MakeFifo("alive");
    up_fd_ = MakeFifo("up");
    fixtures::WriteTextFile(folder_ / "sweep.yaml", kSweepFile);
  }
  ~RunTest() override {
    close(alive_fd_);
    close(up_fd_);
  }

  // Opens it for reading, so that writers never wait.
  int MakeFifo(const std::string& name) const {
    mkfifo(Fifo(name).c_str(), 0600);
    return open(Fifo(name).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  }

  std::string Bin(const std::string& program) const { return folder_ / ("bin/" + program); }
  std::string Fifo(const std::string& name) const { return folder_ / ("worker-" + name); }
  std::string State() const { return folder_ / "state"; }

  void WriteProgram(const std::string& name, const std::string& text) const {
    fs::remove(Bin(name));
    fixtures::WriteTextFile(Bin(name), text);
    fs::permissions(Bin(name), fs::perms::owner_all);
  }
  std::string Log(const std::string& name) const {
    return fixtures::ReadTextFile(State() + "/logs/" + name + ".log");
  }

  Program::Options RunOptions(const std::string& sweep, const std::vector<std::string>& more = {}) {
    Program::Options options = Isolated(
        Bin("adares"), {"run", folder_ / "sweep.yaml", "--state", State(), "--device", "cpu"});
    options.arguments.insert(options.arguments.end(), more.begin(), more.end());
    options.environment.insert({{"SCRIPTED_SWEEP", sweep},
                                {"WORKER_ALIVE", Fifo("alive")},
                                {"WORKER_UP", Fifo("up")},
                                {"XDG_RUNTIME_DIR", folder_.path()}});
    return options;
  }
  ProgramResult RunSweep(const std::string& sweep, const std::vector<std::string>& more = {}) {
    return Program(RunOptions(sweep, more)).Finish();
  }

  // Blocks until the worker says so; false after 30 s.
  bool WorkerIsUp() const {
    pollfd waiting = {up_fd_, POLLIN, 0};
    return poll(&waiting, 1, 30'000) == 1 && (waiting.revents & POLLIN) != 0;
  }

  // Interrupts a run of which the scripted server has said that a call will not be answered.
  void ExpectInterruptEnds(const std::string& sweep) {
    Program program(RunOptions(sweep));
    ASSERT_TRUE(WorkerIsUp());
    program.Signal(SIGINT);
    const auto result = program.Finish();
    EXPECT_EQ(result.exit_code, 130);
    EXPECT_THAT(result.err, HasSubstr("interrupted; the same command continues\n"));
  }

  // Blocks until no process holds the fifo for writing any more; false after 30 s.
  bool WorkerIsGone() const {
    pollfd waiting = {alive_fd_, 0, 0};
    return poll(&waiting, 1, 30'000) == 1 && (waiting.revents & POLLHUP) != 0;
  }

  int alive_fd_ = -1;
  int up_fd_ = -1;
};

TEST_F(RunTest, EndsWithTheComparisonAndWhereTheResultsAre) {
  const auto result = RunSweep("succeeds", {"--slots", "2", "--threads", "3", "--data", "/data"});
  EXPECT_EQ(result.exit_code, 0) << result.err << Log("server");
  EXPECT_THAT(result.out,
              testing::StartsWith("mnist: test/accuracy (higher is better)\n\nVARIANT"));
  EXPECT_THAT(result.err, HasSubstr("2 trials at a time, 3 threads each"));
  EXPECT_THAT(result.err, HasSubstr("results: sqlite3 " + State() + "/adares.db"));
  EXPECT_THAT(Log("server"), HasSubstr("--state " + State() + " --listen unix:"));
  EXPECT_THAT(Log("server"), HasSubstr("--http none"));
  EXPECT_THAT(Log("worker"),
              HasSubstr("--name local --slots 2 --threads 3 --device cpu --trainer " +
                        Bin("adares-trainer") + " --data /data\nleft in peace\n"));
  EXPECT_TRUE(WorkerIsGone());
}

TEST_F(RunTest, ADeviceThatTheTrainerLacksIsRefusedBeforeAnythingStarts) {
  WriteProgram("adares-trainer",
               "#!/bin/sh\ntest \"$*\" = '--device cuda --show-device' || exit 1\n"
               "echo 'adares-trainer: no CUDA device here' >&2\nexit 2\n");
  Program::Options options = RunOptions("succeeds");
  options.arguments.back() = "cuda";
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("error: there is no GPU for --device cuda"));
  EXPECT_THAT(result.err, HasSubstr("no CUDA device here"));
  EXPECT_THAT(result.err, HasSubstr("hint: without --device, or with --device cpu, "));
  EXPECT_FALSE(fs::exists(State()));
}

TEST_F(RunTest, TheWorkerGetsTheDeviceThatTheTrainerTook) {
  WriteProgram("adares-trainer", "#!/bin/sh\necho cuda\n");
  Program::Options options = RunOptions("succeeds");
  options.arguments.back() = "cuda";
  const auto result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("1 trial at a time"));
  EXPECT_THAT(Log("worker"), HasSubstr("--device cuda "));
}

TEST_F(RunTest, AFolderThatAServerUsesIsLeftAsItIs) {
  fs::create_directory(State());
  const int lock = open((State() + "/server.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
  const auto refused = RunSweep("succeeds");
  EXPECT_EQ(refused.exit_code, 5);
  EXPECT_THAT(refused.err, HasSubstr("adares-server uses the state folder " + State() + "\n"));
  EXPECT_THAT(refused.err, HasSubstr("name another folder with --state"));
  EXPECT_FALSE(fs::exists(State() + "/logs"));
  EXPECT_FALSE(fs::exists(State() + "/worker"));
  close(lock);
  EXPECT_EQ(RunSweep("succeeds").exit_code, 0);
}

TEST_F(RunTest, OtherUnfinishedSweepsOfTheFolderAreNamed) {
  const auto result = RunSweep("succeeds");
  EXPECT_THAT(result.err,
              HasSubstr("also in " + State() +
                        ", and trained too: older: running, 1 of 4 trials done, 3 waiting"));
  EXPECT_THAT(result.err, Not(HasSubstr("trained too: mnist")));
  EXPECT_THAT(result.err, Not(HasSubstr("trained too: done")));
}

TEST_F(RunTest, MachineOutputIsTheComparisonAlone) {
  const auto result = RunSweep("succeeds", {"-o", "json"});
  EXPECT_EQ(nlohmann::json::parse(result.out, nullptr, false)["metric"], "test/accuracy");
}

TEST_F(RunTest, FinishedSweepIsComparedAtOnce) {
  const auto result = RunSweep("finished");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("VARIANT"));
  EXPECT_THAT(result.err, HasSubstr("has ended already"));
  EXPECT_EQ(Log("worker"), "");
}

TEST_F(RunTest, WhatItsWorkerCannotRunEndsIt) {
  const auto result = RunSweep("unfit");
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.err, HasSubstr("error: 2 trials: no connected worker can run them: needs data "
                                    "set mnist\n"));
  EXPECT_THAT(result.err, HasSubstr("hint: change what the sweep asks for under `resources`"));
}

TEST_F(RunTest, WhatTheWorkerOfAnEarlierRunLackedDoesNotCount) {
  const auto result = RunSweep("stale");
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(RunTest, FailedTrialsAreExplained) {
  const auto result = RunSweep("fails");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.out, HasSubstr("VARIANT"));
  EXPECT_THAT(result.err,
              HasSubstr("--- why mnist/000000000001 (granularity=block seed 0) failed"));
  EXPECT_THAT(result.err, HasSubstr("  | terminate called\n"));
  EXPECT_THAT(result.err, HasSubstr("to try failed trials again: the same command with --retry"));
  EXPECT_THAT(result.err, HasSubstr("whole log: adares-server --state " + State() +
                                    " & adares trial logs mnist/000000000001"));
}

TEST_F(RunTest, InterruptStopsBothInPeace) {
  Program program(RunOptions("holds"));
  ASSERT_TRUE(WorkerIsUp());
  program.Signal(SIGINT);
  const auto result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("interrupted; the same command continues\n"));
  EXPECT_TRUE(WorkerIsGone());
}

TEST_F(RunTest, InterruptEndsASubmissionThatIsNotAnswered) { ExpectInterruptEnds("stalls"); }

TEST_F(RunTest, InterruptEndsAComparisonThatIsNotAnswered) {
  ExpectInterruptEnds("stalls-at-the-end");
}

TEST_F(RunTest, TimeoutIsThatOfItsCalls) {
  const auto result = RunSweep("stalls", {"--timeout", "0.2"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(result.err, HasSubstr("hint: raise --timeout"));
}

TEST_F(RunTest, NothingOutlivesAKilledRun) {
  Program program(RunOptions("holds"));
  ASSERT_TRUE(WorkerIsUp());
  program.Signal(SIGKILL);
  program.Finish();
  EXPECT_TRUE(WorkerIsGone());
}

TEST_F(RunTest, ServerThatDiesIsQuoted) {
  WriteProgram("adares-server", "#!/bin/sh\necho first line\necho the disk is full >&2\nexit 3\n");
  fs::create_directories(State() + "/logs");
  fixtures::WriteTextFile(State() + "/logs/server.log", "a line of an earlier run\n");
  const auto result = RunSweep("succeeds");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: adares-server ended with exit code 3; its last lines:\n"
                                    "  | first line\n  | the disk is full\n"));
}

TEST_F(RunTest, WorkerThatDiesIsQuoted) {
  WriteProgram("adares-worker", "#!/bin/sh\necho no trainer here\nkill -9 $$\n");
  const auto result = RunSweep("holds");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("error: adares-worker ended by signal 9 (Killed)"));
  EXPECT_THAT(result.err, HasSubstr("  | no trainer here\n"));
}

TEST_F(RunTest, MissingProgramIsNamed) {
  fs::remove(Bin("adares-server"));
  const auto result = RunSweep("succeeds");
  EXPECT_THAT(result.err, HasSubstr("cannot start " + Bin("adares-server") + ": No such file"));
}

TEST_F(RunTest, WrongFileStartsNothing) {
  fixtures::WriteTextFile(folder_ / "sweep.yaml", std::string(kSweepFile) + "axis: {}\n");
  const auto result = RunSweep("succeeds");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("sweep.yaml:6:1: "));
  EXPECT_THAT(result.err, HasSubstr("  6 | axis: {}\n    | ^\n"));
  EXPECT_FALSE(fs::exists(State()));
}

TEST_F(RunTest, MissingDataStartNothing) {
  const auto result = RunSweep("succeeds", {"--set", "data.dataset=mnist"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("error: this sweep needs the data in mnist/"));
  EXPECT_FALSE(fs::exists(State()));
}

TEST_F(RunTest, MetricThatNoTrialReportsStartsNothing) {
  const auto result = RunSweep("succeeds", {"--metric", "test/acuracy"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("error: --metric: trials report no \"test/acuracy\"; did you "
                                    "mean \"test/accuracy\"?\n"));
  EXPECT_FALSE(fs::exists(State()));
  EXPECT_EQ(RunSweep("succeeds", {"--metric", "test/loss"}).exit_code, 0);
}

TEST_F(RunTest, ServerOfOthersIsRefusedAsAnArgumentOnly) {
  const auto refused = RunSweep("succeeds", {"--server", "127.0.0.1:7171"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("error: run starts a coordinator of its own"));
  EXPECT_THAT(refused.err, HasSubstr("adares sweep submit FILE --wait --server 127.0.0.1:7171\n"));
  EXPECT_FALSE(fs::exists(State()));
  auto options = RunOptions("succeeds");
  options.environment["ADARES_SERVER"] = "127.0.0.1:7171";
  EXPECT_EQ(Program(options).Finish().exit_code, 0);
}

TEST_F(RunTest, OtherSweepOfTheSameNameHasAWayOut) {
  const auto result = RunSweep("conflicts");
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_THAT(result.err, HasSubstr("hint: give the changed sweep another --name, or keep its "
                                    "results apart with --state DIR"));
}

}  // namespace
}  // namespace adares::client
