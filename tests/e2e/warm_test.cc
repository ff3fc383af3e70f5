// Trials that one trainer process trains one after another, against trials with a process each.
#include <gmock/gmock.h>
#include <signal.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/e2e/programs_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;

class WarmTest : public ProgramsTest {
 protected:
  // Four trials that leave different things behind: number formats, an optimizer's moments.
  void SubmitMixed(const std::string& name) {
    const std::string path = folder_ / (name + ".yaml");
    fixtures::WriteTextFile(
        path, absl::StrCat("apiVersion: adares/v1\n"
                           "kind: Sweep\n"
                           "name: ",
                           name,
                           "\n"
                           "base:\n"
                           "  model: {family: cifar, depth: 8, skip: {granularity: block}}\n"
                           "  data: {dataset: ",
                           dataset_,
                           ", train_size: 64, validation_size: 16, test_size: 16}\n"
                           "  train: {epochs: 1, batch_size: 32, lr: 0.01, log_every: 1}\n"
                           "axes:\n"
                           "  precision: {path: train.precision, values: [bf16, fp32]}\n"
                           "  optimizer: {path: train.optimizer, values: [keras-adam, sgd]}\n"
                           "replicates:\n"
                           "  seeds: [5]\n"));
    const CommandResult submitted = Adares({"sweep", "submit", path});
    ASSERT_EQ(submitted.code, 0) << submitted.errors;
  }

  void TrainAll(const std::vector<std::string>& options) {
    StartWorker("w", /*slots=*/1, options);
    AwaitSuccess();
    worker_->Signal(SIGTERM);
    EXPECT_EQ(worker_->AwaitEnd(), (fixtures::ProgramEnd{0, 0})) << worker_->Errors();
  }

  // Which trial of its process each was.
  std::multiset<std::string> TrialsOfTrainers(const std::string& sweep) const {
    return database_.Rows(
        "SELECT json_extract(provenance, '$.trainer_trials') FROM v1_attempts"
        " WHERE sweep = '" +
        sweep + "'");
  }
};

TEST_F(WarmTest, ATrialOfAUsedTrainerIsThatOfAFreshOneToTheLastBit) {
  StartServer();
  Submit({.name = "before", .granularities = {"none", "channel"}, .dataset = "synthetic"});
  SubmitMixed("warm");
  TrainAll({});
  EXPECT_EQ(TrialsOfTrainers("before"), (std::multiset<std::string>{"1", "2"}));
  EXPECT_EQ(TrialsOfTrainers("warm"), (std::multiset<std::string>{"3", "4", "5", "6"}));
  SubmitMixed("fresh");
  TrainAll({"--trainer-trials", "1"});
  EXPECT_EQ(TrialsOfTrainers("fresh"), (std::multiset<std::string>{"1", "1", "1", "1"}));

  const std::string pairs =
      "SELECT count(DISTINCT a.digests) FROM v1_attempts AS a JOIN v1_attempts AS b USING (trial)"
      " WHERE a.sweep = 'warm' AND b.sweep = 'fresh' AND json_extract(a.digests, '$.weights') <> "
      "''";
  EXPECT_EQ(database_.Number(pairs), 4);
  EXPECT_EQ(database_.Number(pairs + " AND a.digests = b.digests"), 4);
}

TEST_F(WarmTest, VerificationDoesNotMindAUsedTrainer) {
  StartServer();
  Submit({.name = "small", .granularities = {"none", "block"}, .dataset = dataset_});
  TrainAll({});
  const auto second = database_.Rows(
      "SELECT trial FROM v1_attempts WHERE json_extract(provenance, '$.trainer_trials') = '2'");
  ASSERT_EQ(second.size(), 1U);
  const CommandResult result = Adares({"trial", "verify", "small/" + *second.begin()});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("identical to the last bit"));
}

}  // namespace
}  // namespace adares
