#include "worker/agent/start_check.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fixtures/temp_folder.h"
#include "tests/worker/shell_script.h"

namespace adares::worker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class StartCheckTest : public ::testing::Test {
 protected:
  std::filesystem::path Shell(const std::string& script) { return ShellScript(folder_, script); }

  static std::string Refusal(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    return std::string(status.message());
  }
  static std::string Refusal(const std::filesystem::path& trainer) {
    return Refusal(CheckTrainer(trainer, "auto").status());
  }

  fixtures::TempFolder folder_;
};

TEST_F(StartCheckTest, TheTrainerTellsWhichDeviceItTakes) {
  EXPECT_EQ(*CheckTrainer(ADARES_SCRIPTED_TRAINER, "auto"), "cpu");
  const auto both = Shell("test \"$1 $3\" = \"--device --show-device\" && echo warning && echo $2");
  EXPECT_EQ(*CheckTrainer(both, "cuda"), "cuda");
  EXPECT_EQ(*CheckTrainer(both, "cpu"), "cpu");
  EXPECT_THAT(Refusal(both), HasSubstr("with --device auto --show-device it exited with code 0 and "
                                       "said \"warning\nauto\""));
}

TEST_F(StartCheckTest, MissingTrainerIsNamedWithTheWayOut) {
  EXPECT_THAT(Refusal(std::filesystem::path("/nowhere/adares-trainer")),
              AllOf(HasSubstr("/nowhere/adares-trainer: No such file or directory"),
                    HasSubstr("--trainer")));
}

TEST_F(StartCheckTest, FileThatIsNoProgramIsNamed) {
  const std::filesystem::path path = folder_ / "text";
  std::ofstream(path) << "no program";
  EXPECT_THAT(Refusal(path), HasSubstr("text: Permission denied"));
}

TEST_F(StartCheckTest, TrainerThatHangsIsKilled) {
  const std::filesystem::path path = Shell("exec sleep 1000");
  const absl::Status refused = CheckTrainer(path, "auto", std::chrono::seconds(0)).status();
  EXPECT_THAT(Refusal(refused), AllOf(HasSubstr("said nothing within 0 s"), HasSubstr("cpu")));
  int status = 0;
  ASSERT_GT(waitpid(-1, &status, 0), 0);
  EXPECT_TRUE(WIFSIGNALED(status));
}

// As one does whose libraries are not there.
TEST_F(StartCheckTest, TrainerThatFailsIsQuoted) {
  const std::filesystem::path path = Shell("echo cannot open libtorch.so >&2; exit 127");
  EXPECT_THAT(Refusal(path),
              AllOf(HasSubstr(path.string()), HasSubstr("exited with code 127"),
                    HasSubstr("\"cannot open libtorch.so\""), HasSubstr("--trainer")));
}

TEST_F(StartCheckTest, AGpuThatIsNotThereIsSaidWithTheWaysOut) {
  const std::filesystem::path path = Shell("echo finds no CUDA device >&2; exit 2");
  EXPECT_THAT(Refusal(CheckTrainer(path, "cuda").status()),
              AllOf(HasSubstr("there is no GPU for --device cuda: "), HasSubstr(path.string()),
                    HasSubstr("\"finds no CUDA device\""), HasSubstr("take --device cpu or auto")));
  EXPECT_THAT(Refusal(path), HasSubstr("does not work")) << "another device was asked for";
}

TEST_F(StartCheckTest, TrainerThatDiesIsTold) {
  EXPECT_THAT(Refusal(Shell("kill -SEGV $$")), HasSubstr("killed by signal 11"));
}

TEST_F(StartCheckTest, DataMustBeAFolderOrNone) {
  EXPECT_TRUE(CheckDataFolder("").ok());
  EXPECT_TRUE(CheckDataFolder(folder_.path()).ok());
  const std::string file = folder_ / "file";
  std::ofstream(file) << "no folder";
  for (const std::string& wrong : {file, folder_ / "missing"}) {
    EXPECT_THAT(Refusal(CheckDataFolder(wrong)), AllOf(HasSubstr(wrong), HasSubstr("--data")));
  }
}

}  // namespace
}  // namespace adares::worker
