#include "tests/worker/agent_fixture.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <vector>

#include "core/trial_spec.h"
#include "tests/fixtures/await.h"
#include "tests/worker/process_state.h"

namespace adares::worker {
namespace {

constexpr std::chrono::seconds kDeadline{60};
constexpr std::chrono::milliseconds kTick{10};

std::vector<pid_t> Children() {
  std::ifstream file("/proc/self/task/" + std::to_string(getpid()) + "/children");
  EXPECT_TRUE(file.is_open());
  std::vector<pid_t> children;
  for (pid_t pid = 0; file >> pid;) children.push_back(pid);
  return children;
}

}  // namespace

AgentTest::AgentTest() {
  options_.slots = 2;
  options_.trainer.path = ADARES_SCRIPTED_TRAINER;
  folders_ = AttemptFolders::Open(folder_.path()).value();
  Script("");
}

AgentTest::~AgentTest() {
  agent_.reset();
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a trainer is left";
  EXPECT_EQ(errno, ECHILD);
  EXPECT_LE(coordinator_.most_syncs_at_a_time(), 1);
  unsetenv("ADARES_SCRIPT");
  unsetenv("ADARES_SCRIPT_LATER");
  unsetenv("ADARES_SCRIPT_GATE");
}

void AgentTest::Script(const std::string& script) { setenv("ADARES_SCRIPT", script.c_str(), 1); }

void AgentTest::ScriptForLaterTrials(const std::string& script) {
  setenv("ADARES_SCRIPT_LATER", script.c_str(), 1);
}

void AgentTest::Gate() { setenv("ADARES_SCRIPT_GATE", (folder_ / "gate").c_str(), 1); }

void AgentTest::OpenGate() { std::ofstream(folder_ / "gate") << "open"; }

void AgentTest::StartAgent() {
  agent_ = std::make_unique<Agent>(options_, Agent::Context{loop_, io_, coordinator_, *folders_},
                                   [this](const absl::Status& status) {
                                     EXPECT_FALSE(finished_) << "finished twice";
                                     finished_ = status;
                                   });
  agent_->Start();
}

void AgentTest::RunUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    io_.restart();
    if (io_.run_one_for(kTick) == 0) loop_.Advance(kTick);
  }
}

void AgentTest::RunFor(Duration duration) {
  const auto until = loop_.Now() + duration;
  while (loop_.Now() < until) {
    io_.restart();
    while (io_.poll() > 0) io_.restart();
    loop_.Advance(kTick);
  }
}

void AgentTest::RunUntilEnd(const AttemptId& id) {
  RunUntil([&] { return coordinator_.End(id) != nullptr; });
  ASSERT_NE(coordinator_.End(id), nullptr);
}

void AgentTest::RunUntilTraining(const AttemptId& id) {
  RunUntil([&] { return coordinator_.Count(id, kProgressRecord) > 0; });
}

AttemptId AgentTest::Id(int attempt) { return {"sweep", "0123456789ab", attempt}; }

Assignment AgentTest::Work(const AttemptId& id, int64_t seed) {
  TrialSpec spec;
  spec.train.epochs = 2;
  spec.seed = seed;
  return {id, CanonicalJson(spec)};
}

std::filesystem::path AgentTest::FolderOf(const AttemptId& id) const {
  return folder_ / ("attempts/" + id.sweep + "-" + id.trial + "-" + std::to_string(id.attempt));
}

int AgentTest::TrainerProcesses() { return static_cast<int>(Children().size()); }

pid_t AgentTest::Trainer() {
  const std::vector<pid_t> children = Children();
  EXPECT_EQ(children.size(), 1U);
  return children.at(0);
}

void AgentTest::AwaitTrainersDeath() {
  const pid_t trainer = Trainer();
  ASSERT_TRUE(fixtures::Await([trainer] { return IsDead(trainer); }));
}

}  // namespace adares::worker
