// Everything that can befall a fleet, at random, for as long as one likes: programs are killed,
// frozen and restarted, links are cut, slowed and broken, people pause, cancel and retry. In the
// end every trial has succeeded, with the results of a calm run, and the database holds nothing
// that it must not.
//
//   ADARES_TORTURE_SECONDS, ADARES_TORTURE_SEED, ADARES_TORTURE_NETWORK: see settings.h
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/fixtures/await.h"
#include "tests/fixtures/database.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/torture/chaos.h"
#include "tests/torture/endings.h"
#include "tests/torture/fleet.h"
#include "tests/torture/logs.h"
#include "tests/torture/results.h"
#include "tests/torture/sweeps.h"
#include "tests/torture/watcher.h"

namespace adares::torture {
namespace {

constexpr int kEpochMilliseconds = 100;

void AddWorkers(Fleet& fleet) {
  fleet.AddWorker(Trainer::kScripted, 2);
  fleet.AddWorker(Trainer::kScripted, 2);
  fleet.AddWorker(Trainer::kScripted, 3);
  fleet.AddWorker(Trainer::kReal, 1);
  fleet.AddWorker(Trainer::kReal, 1);
}

// What each kind of sweep comes to where nothing happens.
std::map<Trainer, Results> CalmResults(const std::string& folder) {
  Fleet fleet(Network::kProxies, folder, 0);
  AddWorkers(fleet);
  const std::vector<Trainer> trainers = {Trainer::kReal, Trainer::kScripted};
  for (const Trainer trainer : trainers) {
    const std::string path = folder + "/" + Name(trainer) + ".yaml";
    fixtures::WriteTextFile(path, SweepFile({trainer}, Name(trainer)));
    const fixtures::ProgramResult submitted = fleet.Adares({"sweep", "submit", path})->Finish();
    EXPECT_EQ(submitted.exit_code, 0) << submitted.err;
  }
  const fixtures::Database database(fleet.database());
  EXPECT_TRUE(fixtures::Await([&] {
    return database.Number("SELECT count(*) FROM v1_trials WHERE state <> 'succeeded'") == 0;
  }));
  std::map<Trainer, Results> results;
  for (const Trainer trainer : trainers) {
    results[trainer] = ResultsOf(fleet.database(), Name(trainer));
    EXPECT_FALSE(results[trainer].empty());
  }
  return results;
}

std::string Summary(const fixtures::Database& database, const Watcher& watcher, Chaos& chaos) {
  std::string text = "attempts by their ends:";
  for (const std::string& row :
       database.Rows("SELECT end_reason, count(*) FROM v1_attempts GROUP BY end_reason")) {
    text += " " + row;
  }
  return text + "\n" + std::to_string(database.Number("SELECT count(*) FROM v1_trials")) +
         " trials in " + std::to_string(chaos.sweeps().size()) + " sweeps, " +
         std::to_string(database.Number("SELECT count(*) FROM v1_metrics")) + " points, " +
         std::to_string(chaos.backups().size()) + " backups, " + std::to_string(watcher.looks()) +
         " looks\npromises found kept: " +
         absl::StrJoin(chaos.kept(), ", ", absl::PairFormatter(" ")) + "\n";
}

// Of a trial that has stopped early what comes before the step that stopped it.
void CheckResults(const std::string& database, const Chaos& chaos,
                  const std::map<Trainer, Results>& calm) {
  for (const auto& [name, sweep] : chaos.sweeps()) {
    const std::multiset<std::string> rows = fixtures::Database(database).Rows(absl::StrCat(
        "SELECT trial FROM v1_trials WHERE state = 'stopped-early' AND sweep = '", name, "'"));
    const std::set<std::string> stopped(rows.begin(), rows.end());
    EXPECT_EQ(
        Difference(calm.at(sweep.trainer), ResultsOf(database, name), stopped, kStoppingStep - 1),
        "")
        << name;
  }
}

void CheckBackups(const Chaos& chaos) {
  for (const auto& [path, known] : chaos.backups()) {
    Watcher backup(path, "", known);
    backup.Look();
    backup.CheckWhole();
    EXPECT_EQ(absl::StrJoin(backup.findings(), "\n"), "") << path;
  }
}

void CheckLogs(const Fleet& fleet, const Chaos& chaos) {
  const Logs logs = ReadLogs(fleet.logs());
  EXPECT_EQ(absl::StrJoin(logs.breaches, "\n"), "");
  EXPECT_EQ(
      absl::StrJoin(UnexplainedEnds(fleet.database(), logs, chaos.causes(), Fleet::kLeaseSeconds),
                    "\n"),
      "");
}

// That the run was one: what was done met work under way.
void CheckReach(const Settings& settings, const fixtures::Database& database, Chaos& chaos,
                const Watcher& watcher) {
  const auto attempts = [&database](const std::string& condition) {
    return database.Number("SELECT count(*) FROM v1_attempts WHERE " + condition);
  };
  EXPECT_GT(chaos.backups().size(), 0U);
  EXPECT_GT(chaos.sweeps().size(), 0U);
  EXPECT_GT(watcher.blobs(), 0) << "checkpoints are left";
  EXPECT_GT(attempts("end_reason <> 'finished'"), 0);
  if (!settings.is_long()) return;
  EXPECT_EQ(absl::StrJoin(chaos.undone(), ", "), "");
  EXPECT_GT(attempts("message LIKE '%it did not renew its lease'"), 0);
  EXPECT_GT(attempts("resumed_step > 0"), 0);
  EXPECT_GT(attempts("end_reason = 'preempted'"), 0);
  EXPECT_GT(attempts("end_reason = 'cancelled' AND message LIKE 'stopped early%'"), 0);
  EXPECT_FALSE(chaos.kept().empty()) << "some changes that people asked for were looked at";
}

TEST(TortureTest, NothingIsLostAndNothingCountsTwice) {
  const Settings settings = SettingsFromEnvironment();
  std::cout << "ADARES_TORTURE_SEED=" << settings.seed
            << " ADARES_TORTURE_SECONDS=" << settings.length.count()
            << " ADARES_TORTURE_NETWORK=" << Name(settings.network) << std::endl;
  fixtures::AdoptOrphans();
  const fixtures::TempFolder folder;
  const std::map<Trainer, Results> calm = CalmResults(folder / "calm");
  ASSERT_FALSE(HasFailure());

  Fleet fleet(settings.network, folder / "fleet", kEpochMilliseconds);
  AddWorkers(fleet);
  Watcher watcher(fleet.database(), fleet.artifacts());
  Chaos chaos(settings, fleet, watcher);
  chaos.Rage();
  const fixtures::Database database(fleet.database());
  EXPECT_TRUE(chaos.Calm()) << absl::StrJoin(
      database.Rows("SELECT sweep, trial, state, message FROM v1_trials"
                    " WHERE state NOT IN ('succeeded', 'stopped-early')"),
      "\n");
  watcher.Look();
  watcher.CheckWhole();
  EXPECT_EQ(absl::StrJoin(watcher.findings(), "\n"), "");
  EXPECT_EQ(absl::StrJoin(chaos.findings(), "\n"), "");
  CheckResults(fleet.database(), chaos, calm);
  CheckBackups(chaos);
  CheckLogs(fleet, chaos);
  CheckReach(settings, database, chaos, watcher);

  std::cout << Summary(database, watcher, chaos);
  if (!HasFailure()) return;
  const std::string kept =
      std::filesystem::temp_directory_path() / ("adares-torture-" + std::to_string(getpid()));
  fixtures::WriteTextFile(folder / "fleet/story", chaos.story());
  std::filesystem::copy(folder / "fleet", kept, std::filesystem::copy_options::recursive);
  std::cout << "The story, the logs and the database are in " << kept << "\n";
}

}  // namespace
}  // namespace adares::torture
