// The command line of adares-trainer.
#include "worker/trainer/trainer_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "worker/trainer/data_cache.h"

namespace adares {
namespace {

using testing::HasSubstr;

absl::StatusOr<TrainerOptions> Parse(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "adares-trainer");
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return ParseTrainerOptions(static_cast<int>(arguments.size()), argv.data());
}

std::string Error(const std::vector<std::string>& arguments) {
  const auto options = Parse(arguments);
  return options.ok() ? "no error" : std::string(options.status().message());
}

TEST(TrainerOptionsTest, ReadsWhatAWorkerPasses) {
  const auto options = Parse({"--events-fd", "3", "--device", "cpu", "--threads", "2", "--data",
                              "/data", "--cache", "/cache"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->events_fd, 3);
  EXPECT_EQ(options->device, "cpu");
  EXPECT_EQ(options->threads, 2);
  EXPECT_EQ(options->data_dir, "/data");
  EXPECT_EQ(options->cache_dir, "/cache");
  EXPECT_FALSE(options->keep_dead_taps);
}

TEST(TrainerOptionsTest, DecodedDataHaveAPlaceByDefault) {
  EXPECT_EQ(Parse({"--events-fd", "3"})->cache_dir, DefaultCacheFolder());
}

TEST(TrainerOptionsTest, DeadTapsAreKeptOnRequest) {
  const auto options = Parse({"--spec", "a", "--keep-dead-taps"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(options->keep_dead_taps);
}

TEST(TrainerOptionsTest, DeterminismIsAskedForByOptionOrEnvironment) {
  EXPECT_FALSE(Parse({"--spec", "a"})->deterministic);
  EXPECT_TRUE(Parse({"--spec", "a", "--deterministic"})->deterministic);
  setenv("ADARES_DETERMINISTIC", "1", 1);
  EXPECT_TRUE(Parse({"--spec", "a"})->deterministic);
  setenv("ADARES_DETERMINISTIC", "0", 1);
  EXPECT_FALSE(Parse({"--spec", "a"})->deterministic);
  unsetenv("ADARES_DETERMINISTIC");
}

TEST(TrainerOptionsTest, StepsAreCapturedUnlessAskedNotTo) {
  EXPECT_FALSE(Parse({"--spec", "a"})->eager_steps);
  EXPECT_TRUE(Parse({"--spec", "a", "--eager-steps"})->eager_steps);
}

TEST(TrainerOptionsTest, WrongValuesNameTheOption) {
  EXPECT_THAT(Error({"--spec", "a", "--threads", "0"}), HasSubstr("--threads 0"));
  EXPECT_THAT(Error({"--spec", "a", "--threads", "two"}), HasSubstr("--threads two"));
  EXPECT_THAT(Error({"--spec", "a", "--device", "tpu"}), HasSubstr("--device tpu"));
  EXPECT_THAT(Error({"--spec", "a", "--speed", "9"}), HasSubstr("there is no option --speed"));
  EXPECT_THAT(Error({"--spec", "a", "--threds", "2"}), HasSubstr("did you mean --threads?"));
  EXPECT_THAT(Error({"--spec"}), HasSubstr("--spec: unknown option or missing value"));
  EXPECT_THAT(Error({"trial.json"}), HasSubstr("trial.json: unexpected"));
}

TEST(TrainerOptionsTest, EventsMustHaveAPlaceWhereCommandsComeFromStandardInput) {
  EXPECT_THAT(Error({"--device", "cpu"}), HasSubstr("--events-fd"));
}

}  // namespace
}  // namespace adares
