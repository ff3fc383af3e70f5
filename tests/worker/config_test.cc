#include "worker/agent/config.h"

#include <gmock/gmock.h>

#include <vector>

namespace adares::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Machine FourProcessors() {
  return {.hostname = "GPU-7.example.org",
          .processors = 4,
          .has_nvidia_driver = false,
          .program = "/opt/adares/bin/adares-worker",
          .data_dir = "/srv/data"};
}

CommandLine Parse(std::vector<const char*> arguments, const Machine& machine = FourProcessors()) {
  arguments.insert(arguments.begin(), "adares-worker");
  return ParseCommandLine(static_cast<int>(arguments.size()), arguments.data(), machine, "1.2.3");
}

TEST(ConfigTest, DefaultsComeFromTheMachine) {
  const auto config = Parse({}).config;
  ASSERT_TRUE(config);
  EXPECT_EQ(config->server, "127.0.0.1:7070");
  EXPECT_EQ(config->name, "gpu-7-example-org");
  EXPECT_EQ(config->slots, 4);
  EXPECT_EQ(config->threads, 1);
  EXPECT_EQ(config->device, "auto");
  EXPECT_EQ(config->data_dir, "/srv/data");
  EXPECT_EQ(config->trainer, "/opt/adares/bin/adares-trainer");
  EXPECT_EQ(config->trainer_idle, 300);
  EXPECT_EQ(config->trainer_trials, 100);
}

TEST(ConfigTest, ProcessorsAreSharedBySlots) {
  EXPECT_EQ(Parse({"--slots", "2"}).config->threads, 2);
  EXPECT_EQ(Parse({"--slots", "3"}).config->threads, 1);
  EXPECT_EQ(Parse({"--slots", "8"}).config->threads, 1);
  EXPECT_EQ(Parse({"--slots", "2", "--threads", "7"}).config->threads, 7);
}

TEST(ConfigTest, ALabelThatNoMessageCanCarryIsRefused) {
  EXPECT_THAT(Parse({"--label", "site=caf\xe9"}).text, HasSubstr("UTF-8"));
}

TEST(ConfigTest, OneTrialAtATimeOnADevice) {
  Machine machine = FourProcessors();
  machine.has_nvidia_driver = true;
  const auto config = Parse({}, machine).config;
  EXPECT_EQ(config->slots, 1);
  EXPECT_EQ(config->threads, 4);
  EXPECT_EQ(FleetDevice(*config, machine), "cuda");
  EXPECT_EQ(Parse({"--device", "cpu"}, machine).config->slots, 4);
}

TEST(ConfigTest, AGpuIsWhatTrainersCallCuda) {
  const auto config = Parse({"--device", "gpu"}).config;
  ASSERT_TRUE(config);
  EXPECT_EQ(config->device, "cuda");
  EXPECT_EQ(config->slots, 1);
}

TEST(ConfigTest, PathsOfTrainersAreAbsolute) {
  const auto config = Parse({"--trainer", "bin/trainer", "--data", "some/data"}).config;
  EXPECT_TRUE(config->trainer.is_absolute());
  EXPECT_THAT(config->data_dir, StartsWith("/"));
}

TEST(ConfigTest, BadOptionsAreNamedAndExitWithTwo) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> cases{
      {{"--slots", "0"}, "--slots"},
      {{"--slots", "1025"}, "--slots"},
      {{"--slots", "many"}, "--slots"},
      {{"--threads", "-1"}, "--threads"},
      {{"--trainer-idle", "0"}, "--trainer-idle"},
      {{"--trainer-trials", "-1"}, "--trainer-trials"},
      {{"--device", "tpu"}, "--device"},
      {{"--name", "Big_Box"}, "try big-box"},
      {{"--color"}, "there is no option --color\n"},
      {{"--slot", "2"}, "there is no option --slot; did you mean --slots?\n"},
      {{"extra"}, "extra"},
      {{"--server"}, "--server"}};
  for (const auto& [arguments, expected] : cases) {
    const CommandLine parsed = Parse(arguments);
    EXPECT_FALSE(parsed.config);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, StartsWith("adares-worker: "));
    EXPECT_THAT(parsed.text, HasSubstr(expected));
    EXPECT_THAT(parsed.text, HasSubstr("--help"));
  }
}

TEST(ConfigTest, HelpAndVersionAreNoErrors) {
  const CommandLine help = Parse({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* option :
       {"--server", "--slots", "--state", "--data", "--device", "--threads", "--name", "--trainer ",
        "--trainer-idle", "--trainer-trials", "--version"}) {
    EXPECT_THAT(help.text, HasSubstr(option));
  }
  EXPECT_EQ(Parse({"--version"}).text, "adares-worker 1.2.3\n");
}

TEST(ConfigTest, AnyHostNameGivesAWorkerName) {
  EXPECT_EQ(WorkerNameFrom("node1"), "node1");
  EXPECT_EQ(WorkerNameFrom("10.0.0.1"), "worker");
  EXPECT_EQ(WorkerNameFrom("7up.local"), "up-local");
  EXPECT_EQ(WorkerNameFrom("a_b-"), "a-b");
  EXPECT_EQ(WorkerNameFrom(""), "worker");
  EXPECT_EQ(WorkerNameFrom(std::string(100, 'x')), std::string(63, 'x'));
  EXPECT_EQ(WorkerNameFrom(std::string(62, 'x') + ".y"), std::string(62, 'x'));
}

}  // namespace
}  // namespace adares::worker
