// Commands, signals and the end of the pipe, as the thread that trains meets them.
#include "worker/trainer/command_inbox.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "tests/fixtures/await.h"

namespace adares {
namespace {

using testing::ExitedWithCode;
using trainer_protocol::StopCommand;
using trainer_protocol::TrainCommand;

std::string Line(const trainer_protocol::Command& command) { return Encode(command) + "\n"; }

std::string TrainLine(int64_t attempt) { return Line(TrainCommand{"a trial", attempt, {}}); }

class Pipe {
 public:
  Pipe() { EXPECT_EQ(pipe(ends_.data()), 0); }
  ~Pipe() {
    Close();
    close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int Unread() const {
    int bytes = -1;
    ioctl(ends_[0], FIONREAD, &bytes);
    return bytes;
  }
  void Write(const std::string& bytes) const {
    EXPECT_EQ(write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void Close() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class CommandInboxTest : public testing::Test {
 protected:
  CommandInboxTest() { pthread_sigmask(SIG_SETMASK, nullptr, &mask_); }
  ~CommandInboxTest() override {
    for (const int signal : {SIGTERM, SIGINT}) {
      std::signal(signal, SIG_IGN);  // drops one that is pending
      std::signal(signal, SIG_DFL);
    }
    pthread_sigmask(SIG_SETMASK, &mask_, nullptr);
  }

  static void WaitForStop(const Assignment& assignment) {
    ASSERT_TRUE(fixtures::Await([&assignment] { return assignment.stop->load(); }));
  }

  sigset_t mask_{};
  Pipe commands_;
};

TEST_F(CommandInboxTest, TrialsComeInTheirOrderHoweverTheBytesArrive) {
  CommandInbox inbox(commands_.read_end(), /*interruptible=*/false);
  const std::string bytes = TrainLine(1) + TrainLine(2);
  constexpr size_t kPart = 97;  // so that lines are cut, and a part holds the end and the beginning
  for (size_t begin = 0; begin < bytes.size(); begin += kPart) {
    commands_.Write(bytes.substr(begin, kPart));
    ASSERT_TRUE(fixtures::Await([this] { return commands_.Unread() == 0; }));
  }
  for (const int64_t attempt : {1, 2}) {
    const auto assignment = inbox.Next();
    ASSERT_TRUE(assignment);
    EXPECT_EQ(assignment->command.attempt, attempt);
    EXPECT_FALSE(*assignment->stop);
    assignment->over();
  }
}

TEST_F(CommandInboxTest, StopReachesTheTrialThatRuns) {
  CommandInbox inbox(commands_.read_end(), /*interruptible=*/false);
  commands_.Write(TrainLine(1));
  const auto assignment = inbox.Next();
  ASSERT_TRUE(assignment);
  commands_.Write(Line(StopCommand{}));
  WaitForStop(*assignment);
}

TEST_F(CommandInboxTest, StopBeforeATrialIsNotForIt) {
  CommandInbox inbox(commands_.read_end(), /*interruptible=*/false);
  commands_.Write(Line(StopCommand{}) + TrainLine(1));
  const auto assignment = inbox.Next();
  ASSERT_TRUE(assignment);
  EXPECT_FALSE(*assignment->stop);
}

TEST_F(CommandInboxTest, SignalStopsTheTrialAndClosesAnInterruptibleOne) {
  for (const int signal : {SIGTERM, SIGINT}) {
    CommandInbox inbox(/*command_fd=*/-1, /*interruptible=*/true);
    inbox.Put({"a trial", 1, {}});
    const auto assignment = inbox.Next();
    ASSERT_TRUE(assignment);
    kill(getpid(), signal);
    EXPECT_FALSE(inbox.Next());
    EXPECT_TRUE(*assignment->stop);
  }
}

TEST_F(CommandInboxTest, SignalsChangeNothingWhereTheWorkerStopsTrials) {
  CommandInbox inbox(commands_.read_end(), /*interruptible=*/false);
  for (const int signal : {SIGTERM, SIGINT}) kill(getpid(), signal);
  commands_.Write(TrainLine(1));
  const auto assignment = inbox.Next();
  ASSERT_TRUE(assignment);
  EXPECT_FALSE(*assignment->stop);
}

// Serves `bytes` and the end of the pipe after them. Ends the process.
void ServeAll(const std::string& bytes, bool trial_ends) {
  Pipe commands;
  commands.Write(bytes);
  CommandInbox inbox(commands.read_end(), /*interruptible=*/false);
  if (trial_ends) inbox.Next()->over();
  commands.Close();
  while (inbox.Next()) {
  }
}

TEST(CommandInboxDeathTest, EndOfCommandsWhileIdleIsTheRegularEnd) {
  EXPECT_EXIT(ServeAll("", false), ExitedWithCode(0), "");
  EXPECT_EXIT(ServeAll(TrainLine(1), true), ExitedWithCode(0), "");
}

TEST(CommandInboxDeathTest, EndOfCommandsDuringATrialIsNot) {
  EXPECT_EXIT(ServeAll(TrainLine(1), false), ExitedWithCode(CommandInbox::kExitWorkerGone),
              "in the middle of a trial");
}

TEST(CommandInboxDeathTest, LineThatIsNoCommandEndsTheProcess) {
  EXPECT_EXIT(ServeAll("{\"type\":\"dance\"}\n", false),
              ExitedWithCode(CommandInbox::kExitBadCommand), "command not understood");
}

}  // namespace
}  // namespace adares
