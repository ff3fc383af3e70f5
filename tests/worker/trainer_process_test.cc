#include "worker/agent/trainer_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "core/trainer_protocol.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/worker/process_state.h"
#include "tests/worker/shell_script.h"
#include "tests/worker/undying.h"

namespace adares::worker {
namespace {

namespace protocol = trainer_protocol;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kDeadline{30};

TrainerProgram Program(const std::filesystem::path& path) {
  TrainerProgram program;
  program.path = path;
  return program;
}

class TrainerProcessTest : public ::testing::Test {
 protected:
  void TearDown() override {
    process_.reset();
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a trainer is left";
    EXPECT_EQ(errno, ECHILD);
    unsetenv("ADARES_SCRIPT");
  }

  std::filesystem::path Shell(const std::string& script) { return ShellScript(folder_, script); }

  void Start(const std::filesystem::path& path) {
    auto process = TrainerProcess::Start(
        io_, {.path = path, .device = "cpu", .threads = 3, .data_dir = "/some/data"},
        {.event = [this](std::string_view line) { events_.emplace_back(line); },
         .event_too_long = [this] { too_long_ = true; },
         .log = [this](std::string_view bytes) { log_.append(bytes); },
         .exited = [this](const TrainerExit& exit) { exit_ = exit; }});
    ASSERT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  void StartScripted(const char* script) {
    setenv("ADARES_SCRIPT", script, 1);
    Start(ADARES_SCRIPTED_TRAINER);
  }

  template <typename Condition>
  void RunUntil(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "log so far: " << log_;
      io_.run_one_for(std::chrono::milliseconds(20));
      io_.restart();
    }
  }

  void RunUntilExit() {
    RunUntil([this] { return exit_.has_value(); });
  }

  void SendTrain() {
    RunUntil([this] { return !events_.empty(); });
    ASSERT_TRUE(process_->Send(Encode(protocol::TrainCommand{"a trial", 1, {}})).ok());
  }

  fixtures::TempFolder folder_;
  boost::asio::io_context io_;
  std::vector<std::string> events_;
  std::string log_;
  bool too_long_ = false;
  std::optional<TrainerExit> exit_;
  std::unique_ptr<TrainerProcess> process_;
};

TEST_F(TrainerProcessTest, EventsLogAndExitCodeArrive) {
  Start(Shell("echo out; echo err >&2; echo one >&3; printf 'two\\nthree' >&3; exit 7"));
  RunUntilExit();
  EXPECT_EQ(exit_->exit_code, 7);
  EXPECT_EQ(exit_->signal, 0);
  EXPECT_EQ(Describe(*exit_), "exited with code 7");
  EXPECT_EQ(log_, "out\nerr\n");
  EXPECT_THAT(events_, ::testing::ElementsAre("one", "two"));  // a line without its end is none
}

TEST_F(TrainerProcessTest, PassesDeviceThreadsAndData) {
  Start(Shell("echo \"$@\" $OMP_NUM_THREADS $OMP_WAIT_POLICY"));
  RunUntilExit();
  EXPECT_EQ(log_, "--events-fd 3 --device cpu --threads 3 --data /some/data 3 passive\n");
}

TEST_F(TrainerProcessTest, NoOtherDescriptorsArePassedOn) {
  const int open_here = fcntl(STDIN_FILENO, F_DUPFD, 4);  // would be inherited
  ASSERT_GE(open_here, 4);
  Start(Shell("ls /proc/$$/fd"));
  RunUntilExit();
  close(open_here);
  // A shell keeps its script open at 10 or 255.
  EXPECT_THAT(log_, ::testing::AnyOf("0\n1\n2\n3\n", "0\n1\n10\n2\n3\n", "0\n1\n2\n255\n3\n"));
}

TEST_F(TrainerProcessTest, DeathBySignalIsTold) {
  Start(Shell("kill -SEGV $$"));
  RunUntilExit();
  EXPECT_EQ(exit_->signal, SIGSEGV);
  EXPECT_EQ(exit_->exit_code, 128 + SIGSEGV);
  EXPECT_THAT(Describe(*exit_), HasSubstr("signal 11 (Segmentation fault)"));
}

TEST_F(TrainerProcessTest, EverythingWrittenBeforeTheEndArrivesBeforeTheExit) {
  Start(Shell("i=0; while [ $i -lt 5000 ]; do echo event $i >&3; echo line $i; i=$((i+1)); done"));
  RunUntilExit();
  ASSERT_EQ(events_.size(), 5000U);
  EXPECT_EQ(events_.back(), "event 4999");
  EXPECT_TRUE(log_.ends_with("line 4999\n"));
}

TEST_F(TrainerProcessTest, MissingProgramIsNamedWithTheWayOut) {
  const auto process = TrainerProcess::Start(io_, Program("/nowhere/adares-trainer"), {});
  ASSERT_FALSE(process.ok());
  const std::string message(process.status().message());
  EXPECT_THAT(message, HasSubstr("/nowhere/adares-trainer: No such file or directory"));
  EXPECT_THAT(message, HasSubstr("--trainer"));
}

TEST_F(TrainerProcessTest, ProgramThatCannotRunIsNamed) {
  const std::filesystem::path path = folder_ / "text";
  std::ofstream(path) << "no program";
  const auto process = TrainerProcess::Start(io_, Program(path), {});
  ASSERT_FALSE(process.ok());
  EXPECT_THAT(std::string(process.status().message()), HasSubstr("text: Permission denied"));
}

TEST_F(TrainerProcessTest, EndOfInputLetsItLeave) {
  StartScripted("end=no-ready");
  process_->CloseInput();
  RunUntilExit();
  EXPECT_EQ(exit_->exit_code, 0);
}

TEST_F(TrainerProcessTest, CommandsReachIt) {
  StartScripted("epochs=1");
  SendTrain();
  RunUntil([this] { return events_.back().find("\"end\"") != std::string::npos; });
  const auto end = protocol::ParseEvent(events_.back());
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(std::get<protocol::EndEvent>(*end).reason, EndReason::kFinished);
}

TEST_F(TrainerProcessTest, StopEndsARunningTrial) {
  StartScripted("epochs=1000000,delay_ms=1");
  SendTrain();
  RunUntil([this] { return events_.size() > 3; });
  ASSERT_TRUE(process_->Send(Encode(protocol::StopCommand{})).ok());
  RunUntil([this] { return events_.back().find("\"end\"") != std::string::npos; });
  EXPECT_EQ(std::get<protocol::EndEvent>(*protocol::ParseEvent(events_.back())).reason,
            EndReason::kCancelled);
}

TEST_F(TrainerProcessTest, KillTakesTheWholeGroup) {
  Start(Shell("sleep 1000 & echo $!; wait"));
  RunUntil([this] { return log_.ends_with("\n"); });
  const pid_t grandchild = std::stoi(log_);
  process_->Kill();
  RunUntilExit();  // comes once the pipes have ended, which the grandchild held as well
  EXPECT_EQ(exit_->signal, SIGKILL);
  RunUntil([grandchild] { return IsDead(grandchild); });
}

TEST_F(TrainerProcessTest, WhatItLeftBehindGoesWithIt) {
  Start(Shell("sleep 1000 & echo $!"));
  RunUntilExit();
  const pid_t grandchild = std::stoi(log_);
  RunUntil([grandchild] { return IsDead(grandchild); });
  EXPECT_EQ(exit_->exit_code, 0);
}

TEST_F(TrainerProcessTest, EndlessLineIsCutOff) {
  StartScripted("epochs=0,end=endless");
  SendTrain();
  RunUntil([this] { return too_long_; });
}

TEST_F(TrainerProcessTest, SendToOneThatDoesNotListenIsAnError) {
  Start(Shell("exec <&-; echo closed; exec sleep 1000"));
  RunUntil([this] { return log_ == "closed\n"; });
  EXPECT_EQ(process_->Send("{}").code(), absl::StatusCode::kUnavailable);
}

// Without the loop's help, which is not run here.
TEST_F(TrainerProcessTest, DrainLogTakesWhatIsThere) {
  const std::filesystem::path marker = folder_ / "marker";
  Start(Shell("echo before; echo > " + marker.string() + "; exec sleep 1000"));
  ASSERT_TRUE(fixtures::Await([&marker] { return std::filesystem::exists(marker); }));
  process_->DrainLog();
  EXPECT_EQ(log_, "before\n");
}

TEST_F(TrainerProcessTest, DestroyedInTheMiddleItIsGone) {
  StartScripted("epochs=1000000");
  SendTrain();
  RunUntil([this] { return events_.size() > 10; });
  const pid_t pid = process_->pid();
  process_.reset();
  EXPECT_NE(kill(pid, 0), 0);  // reaped as well
  io_.restart();
  io_.run();  // nothing is left that would wait
  EXPECT_FALSE(exit_.has_value());
}

TEST_F(TrainerProcessTest, DestroyedWhileItDoesNotDieItIsLeftToTheKernel) {
  StartScripted("epochs=1000000");
  SendTrain();
  const pid_t pid = process_->pid();
  Undying undying(pid);
  process_.reset();  // returns
  undying.Release();
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid) << "killed, and nobody's";
}

TEST_F(TrainerProcessTest, SeveralAtATimeAreToldApart) {
  const std::filesystem::path path = Shell("exit $CODE");
  std::vector<std::unique_ptr<TrainerProcess>> processes;
  std::vector<int> codes(8, -1);
  for (int i = 0; i < 8; ++i) {
    setenv("CODE", std::to_string(i).c_str(), 1);
    auto process = TrainerProcess::Start(io_, Program(path),
                                         {.event = [](std::string_view) {},
                                          .event_too_long = [] {},
                                          .log = [](std::string_view) {},
                                          .exited =
                                              [&codes, i](const TrainerExit& exit) {
                                                codes[static_cast<size_t>(i)] = exit.exit_code;
                                              }});
    ASSERT_TRUE(process.ok()) << process.status();
    processes.push_back(*std::move(process));
  }
  RunUntil([&codes] { return std::ranges::count(codes, -1) == 0; });
  EXPECT_THAT(codes, ::testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  unsetenv("CODE");
}

}  // namespace
}  // namespace adares::worker
