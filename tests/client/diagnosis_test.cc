// What `adares doctor` makes of what it sees.
#include "client/diagnosis.h"

#include <gmock/gmock.h>

#include <map>

#include "client/machine_diagnosis.h"
#include "client/server_diagnosis.h"
#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using Verdict = Diagnosis::Verdict;

// A coordinator with which all is well.
ServerAnswers SoundAnswers() {
  ServerAnswers answers;
  answers.address = "127.0.0.1:7070";
  answers.info.mutable_options()->set_listen_address("127.0.0.1:7070");
  answers.info.set_version("1.2.3");
  answers.info.set_state_folder("/srv/adares");
  answers.info.mutable_current_time()->set_seconds(1'000'000);
  answers.info.mutable_volume()->set_kind(v1::VolumeInfo::KIND_LOCAL);
  answers.info.mutable_volume()->set_file_system("ext4");
  answers.info.mutable_volume()->set_free_bytes(50'000'000'000);
  answers.info.mutable_volume()->set_total_bytes(90'000'000'000);
  answers.info.mutable_counts()->set_live_workers(1);
  answers.info.mutable_counts()->set_slots(2);
  answers.health.set_healthy(true);
  answers.health.set_loop_moving(true);
  answers.health.set_last_commit_succeeded(true);
  answers.workers.emplace_back().set_name("workers/w1");
  answers.workers.back().set_version("1.2.3");
  answers.asked_at = FromMicros(999'999'900'000);
  answers.answered_at = FromMicros(1'000'000'100'000);
  return answers;
}

std::map<std::string, Diagnosis> Diagnose(const ServerAnswers& answers) {
  std::map<std::string, Diagnosis> by_check;
  for (const Diagnosis& diagnosis : DiagnoseServer(answers, "1.2.3")) {
    by_check[diagnosis.check] = diagnosis;
    const bool is_bad =
        diagnosis.verdict == Verdict::kWarning || diagnosis.verdict == Verdict::kError;
    EXPECT_EQ(is_bad, !diagnosis.way_out.empty()) << diagnosis.check << ": " << diagnosis.what;
  }
  return by_check;
}

TEST(DiagnosisTest, ASoundCoordinatorIsOk) {
  for (const auto& [check, diagnosis] : Diagnose(SoundAnswers())) {
    EXPECT_EQ(diagnosis.verdict, Verdict::kOk) << check << ": " << diagnosis.what;
  }
}

TEST(DiagnosisTest, OtherVersionsAreNamed) {
  ServerAnswers answers = SoundAnswers();
  answers.info.set_version("1.3.0");
  EXPECT_EQ(Diagnose(answers)["version"].verdict, Verdict::kWarning);
  EXPECT_THAT(Diagnose(answers)["workers"].what, HasSubstr("w1 has 1.2.3"));
}

TEST(DiagnosisTest, ClocksAreComparedWithinTheCall) {
  ServerAnswers answers = SoundAnswers();
  answers.asked_at = FromMicros(999'970'000'000);
  EXPECT_EQ(Diagnose(answers)["clock"].verdict, Verdict::kOk) << "the call took half a minute";
  answers.asked_at = answers.answered_at = FromMicros(1'000'010'000'000);
  EXPECT_EQ(Diagnose(answers)["clock"].verdict, Verdict::kWarning);
  EXPECT_THAT(Diagnose(answers)["clock"].what, HasSubstr("10s behind"));
  answers.asked_at = answers.answered_at = FromMicros(999'000'000'000);
  EXPECT_EQ(Diagnose(answers)["clock"].verdict, Verdict::kError);
  EXPECT_THAT(Diagnose(answers)["clock"].what, HasSubstr("16m40s ahead of"));
}

TEST(DiagnosisTest, ACoordinatorThatDoesNotCommitIsAnError) {
  ServerAnswers answers = SoundAnswers();
  answers.health.set_last_commit_succeeded(false);
  EXPECT_EQ(Diagnose(answers)["commits"].verdict, Verdict::kError);
  answers = SoundAnswers();
  answers.health.set_loop_moving(false);
  EXPECT_EQ(Diagnose(answers)["commits"].verdict, Verdict::kError);
  answers.health.set_draining(true);
  EXPECT_EQ(Diagnose(answers)["commits"].verdict, Verdict::kWarning);
}

TEST(DiagnosisTest, FoldersOnNetworksAndInMemoryAreTold) {
  ServerAnswers answers = SoundAnswers();
  answers.info.mutable_volume()->set_kind(v1::VolumeInfo::KIND_NETWORK);
  EXPECT_EQ(Diagnose(answers)["coordinator's folder"].verdict, Verdict::kError);
  answers.info.mutable_volume()->set_kind(v1::VolumeInfo::KIND_MEMORY);
  EXPECT_EQ(Diagnose(answers)["coordinator's folder"].verdict, Verdict::kWarning);
  answers.info.mutable_volume()->set_kind(v1::VolumeInfo::KIND_UNSPECIFIED);
  EXPECT_EQ(Diagnose(answers)["coordinator's folder"].verdict, Verdict::kWarning);
}

TEST(DiagnosisTest, RoomIsNeededForACopy) {
  ServerAnswers answers = SoundAnswers();
  answers.info.mutable_database()->set_bytes(60'000'000'000);
  EXPECT_EQ(Diagnose(answers)["coordinator's room"].verdict, Verdict::kWarning);
  answers.info.mutable_volume()->set_free_bytes(1'000'000);
  EXPECT_EQ(Diagnose(answers)["coordinator's room"].verdict, Verdict::kError);
}

TEST(DiagnosisTest, ALogThatGrowsIsTold) {
  ServerAnswers answers = SoundAnswers();
  answers.info.mutable_database()->set_wal_bytes(5'000'000'000);
  EXPECT_EQ(Diagnose(answers)["database"].verdict, Verdict::kWarning);
}

// A worker `name` that has not been heard of for so long.
void AddLost(ServerAnswers& answers, const std::string& name, std::chrono::seconds silent) {
  v1::Worker& worker = answers.workers.emplace_back();
  worker.set_name("workers/" + name);
  worker.set_state(v1::Worker::STATE_LOST);
  worker.mutable_last_seen_time()->set_seconds(1'000'000 - silent.count());
  answers.info.mutable_counts()->set_lost_workers(answers.info.counts().lost_workers() + 1);
}

TEST(DiagnosisTest, AWorkerThatWasLostLatelyIsNamed) {
  ServerAnswers answers = SoundAnswers();
  AddLost(answers, "w2", std::chrono::minutes(5));
  EXPECT_EQ(Diagnose(answers)["workers"].verdict, Verdict::kWarning);
  EXPECT_THAT(Diagnose(answers)["workers"].what, HasSubstr("w2 silent for 5m00s"));
}

TEST(DiagnosisTest, AWorkerThatWasLostLongAgoIsNoWarning) {
  ServerAnswers answers = SoundAnswers();
  AddLost(answers, "w2", std::chrono::hours(25));
  EXPECT_EQ(Diagnose(answers)["workers"].verdict, Verdict::kOk)
      << Diagnose(answers)["workers"].what;
}

TEST(DiagnosisTest, ManyLostWorkersAreCounted) {
  ServerAnswers answers = SoundAnswers();
  for (int i = 0; i < 8; ++i) AddLost(answers, "lost-" + std::to_string(i), std::chrono::hours(1));
  EXPECT_THAT(Diagnose(answers)["workers"].what, HasSubstr("lost-4 silent for 1h00m, 3 more"));
}

// What is advised to a coordinator without workers that listens and was reached so.
std::string Advice(const std::string& listens, const std::string& reached) {
  ServerAnswers answers = SoundAnswers();
  answers.workers.clear();
  answers.info.mutable_counts()->set_live_workers(0);
  answers.info.mutable_options()->set_listen_address(listens);
  answers.address = reached;
  EXPECT_THAT(Diagnose(answers)["workers"].what, HasSubstr("nothing is trained"));
  return Diagnose(answers)["workers"].way_out;
}

TEST(DiagnosisTest, WorkersAreToldAnAddressThatTheyCanCall) {
  EXPECT_THAT(Advice("0.0.0.0:7070", "coordinator:7070"), HasSubstr("--server coordinator:7070"));
  EXPECT_THAT(Advice("127.0.0.1:7070", "tunnel:9000"), HasSubstr("--server tunnel:9000"));
  EXPECT_THAT(Advice("10.0.0.1:7070", "127.0.0.1:7070"), HasSubstr("--server 10.0.0.1:7070"));
  for (const char* all : {"0.0.0.0:7071", "[::]:7071"}) {
    EXPECT_THAT(Advice(all, "localhost:7071"),
                HasSubstr("--server HOST:7071, where HOST is the coordinator's machine"));
  }
}

TEST(DiagnosisTest, ACoordinatorThatOnlyItsMachineReachesSaysSo) {
  for (const char* address : {"127.0.0.1:7070", "[::1]:7070", "unix:/run/adares.sock"}) {
    EXPECT_THAT(Advice(address, address),
                AllOf(HasSubstr("on the coordinator's machine"),
                      HasSubstr(std::string("--server ") + address), HasSubstr("--listen")));
  }
}

TEST(DiagnosisTest, ACoordinatorThatNobodyNamedMayBeAbsent) {
  const absl::Status none = absl::UnavailableError("refused");
  EXPECT_EQ(DiagnoseAbsence(none, "127.0.0.1:7070", false).verdict, Verdict::kSkipped);
  EXPECT_EQ(DiagnoseAbsence(none, "host:7070", true).verdict, Verdict::kError);
  EXPECT_EQ(DiagnoseAbsence(absl::InternalError("x"), "127.0.0.1:7070", false).verdict,
            Verdict::kError);
}

TEST(DiagnosisTest, LinearAlgebraIsFoundInWhatTheLoaderLists) {
  EXPECT_THAT(
      BlasFiles({"\tlinux-vdso.so.1 (0x00007ffd)",
                 "\tlibblas.so.3 => /lib/libblas.so.3 (0x00007fc2)",
                 "\tlibc.so.6 => /lib/libc.so.6 (0x00007fc2)", "\tlibopenblas.so.0 => not found",
                 "\tlibmkl_core.so.2 => /opt/mkl/libmkl_core.so.2 (0x00007fc2)"}),
      ElementsAre("/lib/libblas.so.3", "/opt/mkl/libmkl_core.so.2"));
}

TEST(DiagnosisTest, LinearAlgebraThatIsSlowOrFightsIsTold) {
  const std::string lib = "/usr/lib/x86_64-linux-gnu/";
  EXPECT_EQ(DiagnoseBlas({}).verdict, Verdict::kOk);
  EXPECT_EQ(DiagnoseBlas({lib + "openblas-openmp/libblas.so.3"}).verdict, Verdict::kOk);
  const Diagnosis threads = DiagnoseBlas({lib + "openblas-pthread/libblas.so.3"});
  EXPECT_EQ(threads.verdict, Verdict::kWarning);
  EXPECT_THAT(threads.way_out, HasSubstr("apt-get remove libopenblas0-pthread"));
  const Diagnosis reference = DiagnoseBlas({lib + "blas/libblas.so.3.11.0"});
  EXPECT_EQ(reference.verdict, Verdict::kWarning);
  EXPECT_THAT(reference.what, HasSubstr("slower"));
  EXPECT_EQ(
      DiagnoseBlas({lib + "openblas-openmp/libblas.so.3", "/opt/mkl/libmkl_core.so.2"}).verdict,
      Verdict::kWarning);
}

TEST(DiagnosisTest, TrialsThatNoWorkerCanRunAreNamed) {
  ServerAnswers answers = SoundAnswers();
  v1::Sweep& sweep = answers.sweeps->emplace_back();
  sweep.set_name("sweeps/mnist");
  v1::PendingReason* pending = sweep.add_pending();
  pending->set_trials(4);
  pending->set_cause(v1::PendingReason::CAUSE_NO_WORKER);
  pending->set_reason("no worker is connected");
  EXPECT_EQ(Diagnose(answers).at("trials").verdict, Verdict::kOk);
  pending->set_cause(v1::PendingReason::CAUSE_UNFIT);
  pending->set_reason("no worker has the data set mnist");
  const Diagnosis waiting = Diagnose(answers).at("trials");
  EXPECT_EQ(waiting.verdict, Verdict::kWarning);
  EXPECT_EQ(waiting.what, "mnist: 4 trials: no worker has the data set mnist");
  EXPECT_THAT(waiting.way_out, HasSubstr("under another name"));
  pending->set_cause(v1::PendingReason::CAUSE_CORDONED);
  EXPECT_THAT(Diagnose(answers).at("trials").way_out, HasSubstr("adares worker uncordon"));
  pending->set_cause(v1::PendingReason::CAUSE_UNREADABLE);
  EXPECT_THAT(Diagnose(answers).at("trials").way_out, HasSubstr("adares-server"));
  for (int i = 0; i < 4; ++i) answers.sweeps->push_back(answers.sweeps->front());
  EXPECT_THAT(Diagnose(answers).at("trials").what, HasSubstr("; 2 more"));
  answers.sweeps = absl::DataLossError("unknown state");
  EXPECT_EQ(Diagnose(answers).at("trials").verdict, Verdict::kError);
}

TEST(DiagnosisTest, DataSetsAreNamed) {
  DatasetPresence complete;
  complete.dataset = "mnist";
  complete.state = DatasetPresence::State::kComplete;
  DatasetPresence incomplete;
  incomplete.dataset = "cifar10";
  incomplete.state = DatasetPresence::State::kIncomplete;
  EXPECT_EQ(DiagnoseData("", false, {}).verdict, Verdict::kSkipped);
  EXPECT_EQ(DiagnoseData("/data", false, {}).verdict, Verdict::kError);
  EXPECT_EQ(DiagnoseData("/data", true, {}).verdict, Verdict::kWarning);
  EXPECT_EQ(DiagnoseData("/data", true, {complete}).what, "/data: mnist");
  EXPECT_THAT(DiagnoseData("/data", true, {complete, incomplete}).way_out,
              HasSubstr("adares data fetch cifar10 --data /data"));
}

TEST(DiagnosisTest, TheWayOutStandsBelow) {
  const std::vector<Diagnosis> found = {{"clock", Verdict::kOk, "same", ""},
                                        {"data sets", Verdict::kError, "none", "fetch one"}};
  EXPECT_EQ(DiagnosisText(found, false),
            "CHECK      RESULT  WHAT\n"
            "clock      ok      same\n"
            "data sets  error   none\n"
            "                   -> fetch one\n");
  EXPECT_TRUE(HasErrors(found));
  EXPECT_FALSE(HasErrors({found[0]}));
  EXPECT_EQ(nlohmann::json::parse(DiagnosisJson(found), nullptr, false)[1]["wayOut"], "fetch one");
}

}  // namespace
}  // namespace adares::client
