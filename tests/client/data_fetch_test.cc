// Data sets are fetched from a real web server, whatever it and the connection do.
#include "client/data_fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/data_errors.h"
#include "client/lazy_library.h"
#include "client/partial_file.h"
#include "client/problem.h"
#include "core/sha256.h"
#include "core/status.h"
#include "tests/client/file_server.h"
#include "tests/client/small_archives.h"
#include "tests/fixtures/full_disk.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::client {
namespace {

namespace fs = std::filesystem;
using fixtures::ReadTextFile;
using fixtures::WriteTextFile;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int64_t kHalf = 700'000;  // of the first archive of SmallMnist, about

class DataFetchTest : public testing::Test {
 protected:
  DataFetchTest() {
    for (const SmallDataset* dataset : {&mnist_, &cifar_}) {
      for (const SmallArchive& archive : dataset->archives)
        server_.Put(archive.name, archive.bytes);
    }
    mnist_.source.addresses = {server_.address()};
    cifar_.source.addresses = {server_.address()};
  }

  absl::StatusOr<FetchOutcome> Fetch(const DatasetSource& source, const std::string& from = "") {
    return Fetch(source, {Data(), from});
  }
  absl::StatusOr<FetchOutcome> Fetch(const DatasetSource& source, const FetchRequest& request) {
    Signals signals;
    FetchDisplay display({stderr, false, true});
    return FetchDataset(source, request, signals, display);
  }

  std::string Data() const { return folder_ / "data"; }
  std::string Read(const std::string& path) const { return ReadTextFile(Data() + "/" + path); }
  void Write(const std::string& path, const std::string& text) const {
    WriteTextFile(Data() + "/" + path, text);
  }

  void ExpectMnistIsThere() const {
    for (const DataArchive& archive : mnist_.source.archives) {
      const DataFile& file = archive.files[0];
      EXPECT_EQ(Read(file.path), BytesOf(file)) << file.path;
    }
    EXPECT_FALSE(fs::exists(Data() + "/.fetch"));
  }
  void ExpectNothingFinal() const { EXPECT_FALSE(fs::exists(Data() + "/mnist")); }

  // The requests for the first archive: their ranges.
  std::vector<std::string> Ranges() const {
    std::vector<std::string> ranges;
    for (const auto& request : server_.requests()) {
      if (request.path == "/train-images-idx3-ubyte.gz") ranges.push_back(request.range);
    }
    return ranges;
  }

  const std::string kPartial = ".fetch/mnist/train-images-idx3-ubyte.gz.partial";
  const std::string kUnpacked = ".fetch/mnist/unpacked/mnist/train-images-idx3-ubyte";
  fixtures::TempFolder folder_;
  FileServer server_;
  SmallDataset mnist_ = SmallMnist();
  SmallDataset cifar_ = SmallCifar10();
};

TEST_F(DataFetchTest, BringsTheFilesOfEachArchive) {
  const auto outcome = Fetch(mnist_.source);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE(outcome->was_there);
  EXPECT_EQ(outcome->bytes, 4 * 8 + 2 * 8 + 2010 * 785);
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, TakesOnlyTheFilesOfTheTableOutOfATar) {
  ASSERT_TRUE(Fetch(cifar_.source).ok());
  const DataArchive& archive = cifar_.source.archives[0];
  for (const DataFile& file : archive.files) EXPECT_EQ(Read(file.path), BytesOf(file));
  EXPECT_FALSE(fs::exists(Data() + "/cifar-10-batches-bin/batches.meta.txt"));
}

TEST_F(DataFetchTest, AsksForNothingThatIsThere) {
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  const size_t requests = server_.requests().size();
  const auto again = Fetch(mnist_.source);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->was_there);
  EXPECT_EQ(server_.requests().size(), requests);
}

TEST_F(DataFetchTest, BringsOnlyWhatIsMissing) {
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  fs::remove(Data() + "/mnist/t10k-labels-idx1-ubyte");
  const size_t requests = server_.requests().size();
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  ExpectMnistIsThere();
  EXPECT_EQ(server_.requests().size(), requests + 1);
}

TEST_F(DataFetchTest, GoesOnWhereTheConnectionWasCut) {
  server_.Next({.cuts_after = kHalf});
  server_.Next({.cuts_after = 1000});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre("", "bytes=700000-", "bytes=701000-"));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, GivesUpWhereAConnectionBringsNothing) {
  server_.Next({.cuts_after = kHalf});
  server_.Next({.cuts_after = 0});
  const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
  EXPECT_EQ(problem.exit_code, ExitCode::kUnreachable);
  EXPECT_THAT(problem.what, HasSubstr("broke off at 700.0 kB of 1.6 MB"));
  EXPECT_THAT(problem.hint, HasSubstr("the same command goes on at 700.0 kB"));
  ExpectNothingFinal();
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_EQ(Ranges().back(), "bytes=700000-");
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, BeginsAgainWhereTheServerIgnoresRanges) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Next({.ignores_ranges = true});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre("bytes=700000-"));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, GivesUpWhereNoConnectionGetsFurther) {
  for (int i = 0; i < 5; ++i) server_.Next({.ignores_ranges = true, .cuts_after = kHalf});
  const auto outcome = Fetch(mnist_.source);
  EXPECT_EQ(ErrorReason(outcome.status()), reason::kDownloadFailed);
  EXPECT_THAT(Ranges(), testing::ElementsAre("", "bytes=700000-"));
}

TEST_F(DataFetchTest, KeepsWhatCameWhereALoginPageAnswers) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Put("login", "<html>");
  server_.Next({.redirects_to = "login"});
  server_.Next({.ignores_ranges = true});
  EXPECT_EQ(ErrorReason(Fetch(mnist_.source).status()), reason::kDataInvalid);
  EXPECT_EQ(Read(kPartial), mnist_.archives[0].bytes.substr(0, kHalf));
}

TEST_F(DataFetchTest, BeginsAgainWhereTheServerHasNoSuchRange) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Next({.status = 416});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre("bytes=700000-", ""));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, BeginsAgainWhereTheServerMistakesTheRange) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Next({.mistakes_ranges = true});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre("bytes=700000-", ""));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, BeginsAgainWhereMoreIsThereThanThePublishedFileHas) {
  Write(kPartial, mnist_.archives[0].bytes + "more");
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre(""));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, FollowsRedirections) {
  server_.Put("elsewhere", mnist_.archives[0].bytes);
  server_.Next({.redirects_to = "elsewhere"});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, NeedsNoLength) {
  server_.Next({.says_no_length = true});
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, RefusesAnotherChecksum) {
  std::string wrong = mnist_.archives[0].bytes;
  wrong[wrong.size() / 2] ^= 1;
  server_.Put(mnist_.archives[0].name, wrong);
  const auto outcome = Fetch(mnist_.source);
  EXPECT_EQ(ErrorReason(outcome.status()), reason::kDataInvalid);
  EXPECT_THAT(std::string(outcome.status().message()),
              HasSubstr("than the published file; what was downloaded is removed"));
  ExpectNothingFinal();
  EXPECT_FALSE(fs::exists(Data() + "/" + kPartial));
}

TEST_F(DataFetchTest, RefusesALargerFileBeforeItIsThere) {
  server_.Put(mnist_.archives[0].name, mnist_.archives[0].bytes + "grown");
  const auto outcome = Fetch(mnist_.source);
  EXPECT_EQ(ErrorReason(outcome.status()), reason::kDataInvalid);
  EXPECT_THAT(std::string(outcome.status().message()),
              HasSubstr(std::to_string(mnist_.archives[0].bytes.size() + 5) + " bytes"));
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, RefusesALargerFileThatSaysNoLength) {
  server_.Put(mnist_.archives[0].name, mnist_.archives[0].bytes + "grown");
  server_.Next({.says_no_length = true});
  const auto outcome = Fetch(mnist_.source);
  EXPECT_EQ(ErrorReason(outcome.status()), reason::kDataInvalid);
  EXPECT_THAT(std::string(outcome.status().message()),
              HasSubstr("has more than " + std::to_string(mnist_.archives[0].bytes.size())));
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, RefusesAFileThatGrewSinceItWasBegun) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Put(mnist_.archives[0].name, mnist_.archives[0].bytes + "grown");
  EXPECT_EQ(ErrorReason(Fetch(mnist_.source).status()), reason::kDataInvalid);
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, RefusesASmallerFile) {
  server_.Put(mnist_.archives[0].name, mnist_.archives[0].bytes.substr(0, kHalf));
  EXPECT_EQ(ErrorReason(Fetch(mnist_.source).status()), reason::kDataInvalid);
  server_.Next({.says_no_length = true});
  EXPECT_EQ(ErrorReason(Fetch(mnist_.source).status()), reason::kDataInvalid);
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, NamesTheStatusOfAnError) {
  struct Case {
    int status;
    ExitCode code;
  };
  for (const Case& one : {Case{404, ExitCode::kNotFound}, Case{403, ExitCode::kDenied},
                          Case{500, ExitCode::kUnreachable}, Case{503, ExitCode::kUnreachable}}) {
    server_.Next({.status = one.status});
    const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
    EXPECT_EQ(problem.exit_code, one.code) << one.status;
    EXPECT_THAT(problem.what, HasSubstr(" answers " + std::to_string(one.status) + " to http://"));
  }
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, KeepsNoErrorPageAsPartOfTheFile) {
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  server_.Next({.status = 500});
  EXPECT_FALSE(Fetch(mnist_.source).ok());
  EXPECT_EQ(Read(kPartial), mnist_.archives[0].bytes.substr(0, kHalf));
}

TEST_F(DataFetchTest, GivesUpOnAStalledServer) {
  server_.Next({.stalls_after = kHalf});
  const FetchRequest request{Data(), "", std::chrono::milliseconds(500)};
  const Problem problem = DescribeProblem(Fetch(mnist_.source, request).status(), {});
  EXPECT_EQ(problem.exit_code, ExitCode::kUnreachable);
  EXPECT_THAT(problem.what, HasSubstr("sends no more, at 700.0 kB of 1.6 MB"));
  EXPECT_EQ(Read(kPartial), mnist_.archives[0].bytes.substr(0, kHalf));
}

TEST_F(DataFetchTest, TriesTheNextAddress) {
  mnist_.source.addresses = {server_.address() + "gone/", server_.address()};
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_EQ(server_.requests()[0].path, "/gone/train-images-idx3-ubyte.gz");
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, AsksNobodyElseThanTheAddressThatIsGiven) {
  const std::string only = server_.address() + "gone/";
  EXPECT_FALSE(Fetch(mnist_.source, only).ok());
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(DataFetchTest, SaysHowToGoWithoutNetwork) {
  mnist_.source.addresses = {"http://publisher.invalid/"};
  const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
  EXPECT_EQ(problem.exit_code, ExitCode::kUnreachable);
  EXPECT_THAT(problem.what, HasSubstr("cannot reach publisher.invalid: "));
  EXPECT_EQ(problem.hint,
            "download http://publisher.invalid/train-images-idx3-ubyte.gz and "
            "http://publisher.invalid/train-labels-idx1-ubyte.gz and "
            "http://publisher.invalid/t10k-images-idx3-ubyte.gz and "
            "http://publisher.invalid/t10k-labels-idx1-ubyte.gz on a machine "
            "with network and put them into " +
                Data() + "/.fetch/mnist/, or give --from URL");
}

TEST_F(DataFetchTest, AsksWithoutNetworkForWhatIsNotThereAlone) {
  mnist_.source.addresses = {"http://publisher.invalid/"};
  for (size_t i = 0; i < 3; ++i) {
    Write(".fetch/mnist/" + mnist_.archives[i].name, mnist_.archives[i].bytes);
  }
  EXPECT_THAT(DescribeProblem(Fetch(mnist_.source).status(), {}).hint,
              StartsWith("download http://publisher.invalid/t10k-labels-idx1-ubyte.gz on a machine "
                         "with network and put it into "));
}

TEST_F(DataFetchTest, TakesWhatSomebodyPutThere) {
  for (const SmallArchive& archive : mnist_.archives) {
    Write(".fetch/mnist/" + archive.name, archive.bytes);
  }
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(server_.requests(), IsEmpty());
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, RefusesAnotherFileThatSomebodyPutThere) {
  Write(".fetch/mnist/" + mnist_.archives[0].name, "not this");
  const auto outcome = Fetch(mnist_.source);
  EXPECT_EQ(ErrorReason(outcome.status()), reason::kDataInvalid);
  EXPECT_THAT(std::string(outcome.status().message()), HasSubstr("is not the published file"));
}

TEST_F(DataFetchTest, CopiesFromAFolder) {
  for (const SmallArchive& archive : mnist_.archives) {
    WriteTextFile(folder_ / ("mirror/" + archive.name), archive.bytes);
  }
  Write(kPartial, mnist_.archives[0].bytes.substr(0, kHalf));
  const auto outcome = Fetch(mnist_.source, "file://" + (folder_ / "mirror/"));
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_THAT(server_.requests(), IsEmpty());
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, LeavesFilesOfAnotherSizeAlone) {
  Write("mnist/train-images-idx3-ubyte", "mine");
  const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
  EXPECT_EQ(problem.exit_code, ExitCode::kConflict);
  EXPECT_EQ(Read("mnist/train-images-idx3-ubyte"), "mine");
  EXPECT_THAT(server_.requests(), IsEmpty());
}

TEST_F(DataFetchTest, ChecksUnpackedFilesToo) {
  // A published archive whose labels are out of range: the table's checksum agrees.
  DataArchive& archive = mnist_.source.archives[3];
  std::string bytes = BytesOf(archive.files[0]);
  bytes.back() = 10;
  const std::string packed = GzipOf(bytes);
  archive.bytes = std::ssize(packed);
  archive.sha256 = Sha256Hex(packed);
  server_.Put(archive.name, packed);
  const auto outcome = Fetch(mnist_.source);
  EXPECT_THAT(std::string(outcome.status().message()),
              HasSubstr("t10k-labels-idx1-ubyte, unpacked: label 10 at byte 17"));
  ExpectNothingFinal();
}

TEST_F(DataFetchTest, FullDiskKeepsWhatCame) {
  {
    const fixtures::FullDisk disk(100'000);
    const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
    EXPECT_EQ(problem.exit_code, ExitCode::kUnexpected);
    EXPECT_THAT(problem.what, HasSubstr("cannot write " + Data() + "/" + kPartial));
  }
  EXPECT_EQ(Read(kPartial), mnist_.archives[0].bytes.substr(0, 100'000));
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  EXPECT_THAT(Ranges(), testing::ElementsAre("", "bytes=100000-"));
  ExpectMnistIsThere();
}

TEST_F(DataFetchTest, FullDiskWhileUnpackingLeavesNothingFinal) {
  for (const SmallArchive& archive : mnist_.archives) {
    Write(".fetch/mnist/" + archive.name, archive.bytes);
  }
  {
    const fixtures::FullDisk disk(1'000'000);
    EXPECT_EQ(ErrorReason(Fetch(mnist_.source).status()), reason::kFolderBroken);
  }
  ExpectNothingFinal();
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  ExpectMnistIsThere();
}

TEST(LazyLibraryTest, MissingLibraryNamesItsPackage) {
  const Problem problem =
      DescribeProblem(LazyLibrary::Open("libadares-none.so.9", "libnone9").status(), {});
  EXPECT_THAT(problem.what, HasSubstr("cannot load libadares-none.so.9"));
  EXPECT_EQ(problem.hint, "install it: apt-get install libnone9");
}

TEST_F(DataFetchTest, OnlyOneMayFetchAFile) {
  Write(kPartial, "");
  const auto other = PartialFile::Open(Data() + "/" + kPartial);
  ASSERT_TRUE(other.ok());
  const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
  EXPECT_EQ(problem.exit_code, ExitCode::kConflict);
  EXPECT_THAT(problem.what, HasSubstr("another process is downloading"));
  EXPECT_TRUE(fs::exists(Data() + "/" + kPartial));
}

// Another process is between its downloads and its last rename.
TEST_F(DataFetchTest, OnlyOneMayUnpackADataSet) {
  for (const SmallArchive& archive : mnist_.archives) {
    Write(".fetch/mnist/" + archive.name, archive.bytes);
  }
  Write(kUnpacked, "half of it");
  {
    const auto other = PartialFile::Open(Data() + "/.fetch/mnist/lock");
    ASSERT_TRUE(other.ok());
    const Problem problem = DescribeProblem(Fetch(mnist_.source).status(), {});
    EXPECT_EQ(problem.exit_code, ExitCode::kConflict);
    EXPECT_EQ(problem.what, "another process is fetching mnist into " + Data());
    EXPECT_EQ(Read(kUnpacked), "half of it");
    ExpectNothingFinal();
  }
  ASSERT_TRUE(Fetch(mnist_.source).ok());
  ExpectMnistIsThere();
}

}  // namespace
}  // namespace adares::client
