// `adares data` as a process: its output, its exit codes, and its end in the middle of a transfer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>

#include "core/dataset_sources.h"
#include "nlohmann/json.hpp"
#include "tests/client/file_server.h"
#include "tests/client/small_archives.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/program.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using fixtures::Program;
using fixtures::ProgramResult;
using fixtures::ReadTextFile;
using fixtures::WriteTextFile;
using nlohmann::json;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kStall = 700'000;
constexpr int kWasThere = 100;  // of client_fetch

class DataCommandTest : public testing::Test {
 protected:
  Program::Options Options(const std::string& program, std::vector<std::string> arguments) {
    Program::Options options = {.path = program,
                                .arguments = std::move(arguments),
                                .log = folder_ / ("program-" + std::to_string(++programs_)),
                                .is_isolated = true};
    options.environment = {{"PATH", "/usr/bin:/bin"},
                           {"LC_ALL", "C.UTF-8"},
                           {"TERM", "xterm"},
                           {"ADARES_DATA_DIR", Data()}};
    return options;
  }
  Program::Options Adares(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "data");
    return Options(ADARES_PROGRAM, std::move(arguments));
  }
  ProgramResult Run(std::vector<std::string> arguments) {
    return Program(Adares(std::move(arguments))).Finish();
  }
  // The fetching of `adares data fetch`, with the small table.
  Program::Options SmallFetch() { return Options(SMALL_FETCH, {Data(), server_.address()}); }

  std::string Data() const { return folder_ / "data"; }
  std::string Partial() const {
    return Data() + "/.fetch/mnist/train-images-idx3-ubyte.gz.partial";
  }
  // Until the bytes before the stall are on the disk.
  bool AwaitStall() const {
    return fixtures::Await([this] {
      std::error_code none;
      return fs::file_size(Partial(), none) == kStall && !none;
    });
  }
  void Serve() {
    for (const SmallArchive& archive : mnist_.archives) server_.Put(archive.name, archive.bytes);
  }
  // As large as the real one, with other bytes.
  void ServeFalseMnist() {
    const DataArchive archive = SourceOfDataset(Dataset::kMnist)->archives[0];
    server_.Put(archive.name, std::string(static_cast<size_t>(archive.bytes), 'x'));
  }

  fixtures::TempFolder folder_;
  FileServer server_;
  SmallDataset mnist_ = SmallMnist();
  int programs_ = 0;
};

TEST_F(DataCommandTest, FetchGoesOnAfterItWasKilled) {
  Serve();
  server_.Next({.stalls_after = kStall});
  {
    Program first(SmallFetch());
    ASSERT_TRUE(AwaitStall());
    first.Kill();
  }
  EXPECT_FALSE(fs::exists(Data() + "/mnist"));
  const ProgramResult second = Program(SmallFetch()).Finish();
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(second.err, HasSubstr("going on at 700.0 kB with http://127.0.0.1:"));
  EXPECT_EQ(server_.requests()[1].range, "bytes=700000-");
  for (const DataArchive& archive : mnist_.source.archives) {
    EXPECT_EQ(ReadTextFile(Data() + "/" + archive.files[0].path), BytesOf(archive.files[0]));
  }
  EXPECT_FALSE(fs::exists(Data() + "/.fetch"));
  EXPECT_EQ(Program(SmallFetch()).Finish().exit_code, kWasThere);
}

TEST_F(DataCommandTest, FetchRefusesToWorkBesideAnother) {
  Serve();
  server_.Next({.stalls_after = kStall});
  Program first(SmallFetch());
  ASSERT_TRUE(AwaitStall());
  const ProgramResult second = Program(SmallFetch()).Finish();
  EXPECT_EQ(second.exit_code, 5) << second.err;
  EXPECT_THAT(second.err, AllOf(HasSubstr("another process is fetching mnist into " + Data()),
                                HasSubstr("wait for it, or stop it")));
}

TEST_F(DataCommandTest, FetchUnpacksAgainWhatAKilledOneHadBegun) {
  Serve();
  for (const SmallArchive& archive : mnist_.archives) {
    WriteTextFile(Data() + "/.fetch/mnist/" + archive.name, archive.bytes);
  }
  WriteTextFile(Data() + "/.fetch/mnist/unpacked/mnist/train-images-idx3-ubyte", "half of it");
  ASSERT_EQ(Program(SmallFetch()).Finish().exit_code, 0);
  const DataFile& file = mnist_.source.archives[0].files[0];
  EXPECT_EQ(ReadTextFile(Data() + "/" + file.path), BytesOf(file));
}

TEST_F(DataCommandTest, InterruptedFetchSaysHowToGoOn) {
  ServeFalseMnist();
  server_.Next({.stalls_after = kStall});
  Program program(Adares({"fetch", "mnist", "--from", server_.address()}));
  ASSERT_TRUE(AwaitStall());
  program.Signal(SIGINT);
  const ProgramResult result = program.Finish();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err,
              HasSubstr("interrupted at 700.0 kB of 9.9 MB; the same command goes on from there"));
  EXPECT_EQ(fs::file_size(Partial()), static_cast<uintmax_t>(kStall));
}

TEST_F(DataCommandTest, FetchOnATerminalRedrawsOneLine) {
  ServeFalseMnist();
  server_.Next({.stalls_after = kStall});
  auto options = Adares({"fetch", "mnist", "--from", server_.address()});
  options.terminal_columns = 60;
  Program program(options);
  EXPECT_TRUE(program.Says("700.0 kB of 9.9 MB (7 %)"));
  program.Signal(SIGINT);
  EXPECT_THAT(program.Finish().out, HasSubstr("\r\x1b[K"));
}

TEST_F(DataCommandTest, FetchRefusesAFalseFile) {
  ServeFalseMnist();
  const ProgramResult result = Run({"fetch", "mnist", "--from", server_.address(), "-o", "json"});
  EXPECT_EQ(result.exit_code, 1);
  const json error = json::parse(result.out)["error"];
  EXPECT_EQ(error["reason"], "DATA_INVALID");
  EXPECT_FALSE(fs::exists(Data() + "/mnist"));
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
}

TEST_F(DataCommandTest, FetchNamesTheErrorOfTheServer) {
  const ProgramResult result = Run({"fetch", "cifar10", "--from", server_.address() + "cifar"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("answers 404 to http://127.0.0.1:"),
                    HasSubstr("/cifar/cifar-10-binary.tar.gz"), HasSubstr("or give --from URL")));
  EXPECT_EQ(result.out, "");
}

TEST_F(DataCommandTest, FetchNamesAServerThatIsNotThere) {
  const ProgramResult result = Run({"fetch", "cifar100", "--from", "http://127.0.0.1:1"});
  EXPECT_EQ(result.exit_code, 6);
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("cannot reach 127.0.0.1:1: "),
            HasSubstr("hint: download https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz "
                      "on a machine with network and put it into " +
                      Data() + "/.fetch/cifar100/")));
}

TEST_F(DataCommandTest, FetchWantsAnAddress) {
  EXPECT_EQ(Run({"fetch", "mnist", "--from", "/srv/mirror"}).exit_code, 2);
  EXPECT_EQ(Run({"fetch", "mnist", "--from", "ftp://host/"}).exit_code, 2);
  EXPECT_EQ(Run({"fetch"}).exit_code, 2);
  EXPECT_THAT(Run({"fetch", "cifar-10"}).err, HasSubstr("did you mean \"cifar10\"?"));
}

TEST_F(DataCommandTest, ListAnswersInEveryFormat) {
  WriteTextFile(Data() + "/flowers/train/rose/1.png", "1234");
  WriteTextFile(Data() + "/flowers/test/rose/1.png", "1234");
  const json document = json::parse(Run({"list", "-o", "json"}).out);
  ASSERT_EQ(document.size(), 6U);
  EXPECT_EQ(document[0]["dataset"], "mnist");
  EXPECT_EQ(document[0]["state"], "absent");
  EXPECT_EQ(document[0]["missing"].size(), 4U);
  EXPECT_EQ(document[4]["state"], "built-in");
  EXPECT_EQ(document[5]["folder"], "flowers");
  EXPECT_EQ(document[5]["sizeBytes"], "8");
  EXPECT_THAT(Run({"list", "-o", "csv"}).out, HasSubstr("folder,flowers,complete,1,1,1,8,,\r\n"));
  EXPECT_THAT(Run({"ls"}).out, HasSubstr("synthetic      -                     built-in"));
}

TEST_F(DataCommandTest, VerifyTellsTheWorstByItsExitCode) {
  ProgramResult result = Run({"verify"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("no published data set in "));
  result = Run({"verify", "mnist"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("4 files are missing"),
                                HasSubstr("`adares data fetch mnist --data " + Data())));
  const DataFile labels = SourceOfDataset(Dataset::kMnist)->archives[3].files[0];
  WriteTextFile(Data() + "/" + labels.path, BytesOf(labels));
  result = Run({"verify", "-o", "json"});
  EXPECT_EQ(result.exit_code, 1);
  const json document = json::parse(result.out);
  EXPECT_EQ(document[3]["result"], "differs");
  EXPECT_EQ(document[3]["sha256"].get<std::string>().size(), 64U);
  EXPECT_EQ(document[0]["result"], "missing");
  EXPECT_THAT(Run({"verify"}).out, HasSubstr("differs from the published file"));
}

TEST_F(DataCommandTest, VerifyNeedsAFolder) {
  auto options = Adares({"verify"});
  options.environment.erase("ADARES_DATA_DIR");
  const ProgramResult result = Program(options).Finish();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--data DIR or ADARES_DATA_DIR"));
}

TEST_F(DataCommandTest, MnistOfItsPublisherIsAsPublished) {
  const char* data = std::getenv("ADARES_DATA_DIR");
  if (data == nullptr) GTEST_SKIP() << "ADARES_DATA_DIR is not set";
  const ProgramResult result = Run({"verify", "mnist", "--data", data, "-o", "csv"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("mnist,mnist/train-images-idx3-ubyte,as-published,47040016,"));
}

}  // namespace
}  // namespace adares::client
