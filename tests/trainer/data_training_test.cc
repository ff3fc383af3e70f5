// What the data section of a specification does to whole trials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/png_bytes.h"
#include "tests/trainer/trial_test.h"

namespace adares {
namespace {

using testing::HasSubstr;
using trainer_protocol::EndEvent;
using trainer_protocol::StartEvent;

class DataTrainingTest : public TrialTest {
 protected:
  const std::map<std::string, std::string>& Provenance() {
    starts_ = sink_.All<StartEvent>();
    return starts_.back().provenance;
  }

  std::vector<StartEvent> starts_;
};

TEST_F(DataTrainingTest, FolderOfPicturesIsTrainedOnFromTheCacheToo) {
  const fixtures::TempFolder folder;
  for (const char* file : {"train/a/1", "train/a/2", "train/a/3", "train/b/1", "train/b/2",
                           "train/b/3", "test/a/1", "test/b/1"}) {
    fixtures::WriteTextFile(folder / ("pets/" + std::string(file) + ".png"),
                            PngBytes(ColourPng(static_cast<uint8_t>(file[6]))));
  }
  TrialSpec spec = TinySpec();
  spec.data.dataset = Dataset::kFolder;
  spec.data.folder = "pets";
  spec.data.train_size = 4;
  spec.data.validation_size = 2;
  spec.data.test_size = 0;
  spec.train.batch_size = 2;
  std::string digest;
  for (int i = 0; i < 2; ++i) {
    TrialRunner runner({"test", "cpu", folder.path(), folder / "cache"}, sink_);
    EXPECT_EQ(runner.Run({Command(spec), stop_}), EndReason::kFinished)
        << sink_.All<EndEvent>().back().message;
    EXPECT_EQ(Provenance().at("classes"), "2");
    EXPECT_EQ(Provenance().at("test_size"), "2");
    if (i == 0) digest = Provenance().at("data_digest");
    EXPECT_EQ(Provenance().at("data_digest"), digest);
  }
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_FALSE(std::filesystem::is_empty(folder / "cache"));
}

TEST_F(DataTrainingTest, AnotherFolderIsReadAnew) {
  const fixtures::TempFolder folder;
  TrialRunner runner({"test", "cpu", folder.path()}, sink_);
  TrialSpec spec = TinySpec();
  spec.data.dataset = Dataset::kFolder;
  for (const char* name : {"first", "second"}) {
    spec.data.folder = name;
    runner.Run({Command(spec), stop_});
    EXPECT_THAT(sink_.All<EndEvent>().back().message, HasSubstr(folder / name));
  }
}

// Its own data, and all trials share the pictures.
TEST_F(DataTrainingTest, EachChoiceChangesTraining) {
  std::map<double, int> losses;
  const auto train = [&](auto change) {
    TrialSpec spec = TinySpec();
    change(spec.data);
    EXPECT_EQ(Train(spec).reason, EndReason::kFinished);
    ++losses[sink_.Values(metric::kTrainLoss).back()];
  };
  train([](DataSpec&) {});
  train([](DataSpec& data) { data.cutout = 8; });
  train([](DataSpec& data) { data.normalise = false; });
  train([](DataSpec& data) { data.label_noise = 0.4; });
  EXPECT_EQ(Provenance().at("noisy_labels"), "36");
  train([](DataSpec&) {});
  EXPECT_EQ(losses.size(), 4u) << "the first and the last are alike";
}

}  // namespace
}  // namespace adares
