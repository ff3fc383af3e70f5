// The schema by itself: what is written past the store is refused where it would be wrong.
#include <gmock/gmock.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <set>

#include "core/trial_state.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::HasSubstr;

class SchemaTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    Insert(MakePlan({.variants = 3, .seeds = {0, 1}}));
    database_ = std::make_unique<SQLite::Database>(path_, SQLite::OPEN_READWRITE);
    database_->exec("PRAGMA foreign_keys = ON");
  }

  // What SQLite says against the statements, or "" where it takes them. They leave nothing behind.
  std::string Refusal(const std::string& sql) {
    database_->exec("BEGIN");
    std::string refusal;
    try {
      database_->exec(sql);
      database_->exec("COMMIT");
      return "";
    } catch (const SQLite::Exception& error) {
      refusal = error.what();
    }
    database_->exec("ROLLBACK");
    return refusal;
  }

  std::unique_ptr<SQLite::Database> database_;
};

bool DomainHasEdge(const TrialStage& from, const TrialStage& to) {
  const auto events = AllTrialEvents();
  return std::any_of(events.begin(), events.end(), [&](TrialEvent event) {
    const auto next = Transition(from, event);
    return next.ok() && *next == to;
  });
}

std::string Aim(const TrialStage& stage) {
  return stage.aim ? "'" + std::string(Name(*stage.aim)) + "'" : "NULL";
}

// The statements for a step, with all columns as the new stage needs them.
std::string StepTo(const TrialStage& to) {
  std::string sql =
      "INSERT OR IGNORE INTO attempt (trial_id, number, worker, instance, started_at)"
      " VALUES (1, 1, 'w', 'i', 1);";
  if (!IsLive(to.state)) {
    sql += "UPDATE attempt SET ended_at = 2, end_reason = 'error' WHERE ended_at IS NULL;";
  }
  return sql + "UPDATE trial SET state = '" + std::string(Name(to.state)) +
         "', stop_aim = " + Aim(to) + ", finished_at = " + (IsFinal(to.state) ? "2" : "NULL") +
         ", attempt_count = 1, started_at = 1, current_attempt = " +
         (IsLive(to.state) ? "1" : "NULL") + " WHERE id = 1;";
}

// The statements that bring trial 1 from queued to the stage by steps that are allowed.
std::string PathTo(const TrialStage& stage) {
  const std::string claim = StepTo({TrialState::kRunning});
  switch (stage.state) {
    case TrialState::kQueued:
      return "";
    case TrialState::kRunning:
      return claim;
    case TrialState::kPaused:
    case TrialState::kCancelled:
      return StepTo(stage);
    case TrialState::kSucceeded:
    case TrialState::kFailed:
      return claim + StepTo(stage);
    case TrialState::kStoppedEarly:
      return claim + StepTo({TrialState::kStopping, StopAim::kStopEarly}) + StepTo(stage);
    case TrialState::kStopping:
      if (stage.aim != StopAim::kRequeue) return claim + StepTo(stage);
      return claim + StepTo({TrialState::kStopping, StopAim::kPause}) + StepTo(stage);
  }
  return "";
}

TEST_F(SchemaTest, TakesExactlyTheStepsOfTheDomain) {
  for (const TrialStage& from : AllTrialStages()) {
    for (const TrialStage& to : AllTrialStages()) {
      SCOPED_TRACE(Name(from) + " -> " + Name(to));
      database_->exec("BEGIN; " + PathTo(from));
      // An attempt that has ended does not come back; a claim begins another one.
      if (!IsLive(from.state) && IsLive(to.state)) {
        database_->exec("DELETE FROM attempt WHERE trial_id = 1");
      }
      std::string refusal;
      try {
        database_->exec(StepTo(to));
      } catch (const SQLite::Exception& error) {
        refusal = error.what();
      }
      database_->exec("ROLLBACK");
      if (DomainHasEdge(from, to)) {
        EXPECT_EQ(refusal, "");
      } else {
        EXPECT_THAT(refusal, HasSubstr("trial_transition_valid"));
      }
    }
  }
}

TEST_F(SchemaTest, RefusesTrialsWhoseColumnsContradictTheirState) {
  const std::pair<const char*, const char*> wrong[] = {
      {"UPDATE trial SET finished_at = 1 WHERE id = 1", "trial_final_is_finished"},
      {"UPDATE trial SET state = 'cancelled' WHERE id = 1", "trial_final_is_finished"},
      {"UPDATE trial SET state = 'running', attempt_count = 1, started_at = 1 WHERE id = 1",
       "trial_live_has_attempt"},
      {"UPDATE trial SET started_at = 1 WHERE id = 1", "trial_started_has_attempt"},
      {"UPDATE trial SET attempt_count = 1 WHERE id = 1", "trial_started_has_attempt"},
      {"UPDATE trial SET state = 'running', attempt_count = 2, current_attempt = 1, "
       "started_at = 1 WHERE id = 1",
       "trial_current_attempt_is_newest"},
      {"UPDATE trial SET state = 'lost' WHERE id = 1", "trial_transition_valid"},
      {"UPDATE trial SET state = 'running', attempt_count = 1, current_attempt = 1, "
       "started_at = 1 WHERE id = 1",
       "FOREIGN KEY"},
      {"INSERT INTO trial (sweep_id, variant_id, position, name, seed, requirement_id, state,"
       " created_at, queued_at, finished_at, revision)"
       " VALUES (1, 1, 9, 'x', 9, 1, 'failed', 0, 0, 1, 1)",
       "trial_starts_queued"},
      {"INSERT INTO trial (sweep_id, variant_id, position, name, seed, requirement_id, created_at,"
       " queued_at, revision) VALUES (1, 1, 9, 'x', 0, 1, 0, 0, 1)",
       "UNIQUE"},
      {"INSERT INTO trial (sweep_id, variant_id, position, name, seed, requirement_id, created_at,"
       " queued_at, revision) VALUES (2, 1, 9, 'x', 9, 1, 0, 0, 1)",
       "FOREIGN KEY"},
      {"UPDATE trial SET not_before = 1, state = 'cancelled', finished_at = 1 WHERE id = 1",
       "trial_delayed_is_queued"},
      {"UPDATE trial SET avoided_worker = 'w' WHERE id = 1", "trial_avoids_for_a_time"},
      {"UPDATE trial SET forgiven_attempts = 1 WHERE id = 1", "trial_forgiven_valid"},
      {"UPDATE trial SET stop_aim = 'pause' WHERE id = 1", "trial_transition_valid"},
      {"DELETE FROM trial WHERE id = 1", "trial_is_kept"},
      {"UPDATE trial SET seed = 'zero' WHERE id = 1", "cannot store TEXT"},
  };
  for (const auto& [sql, words] : wrong) EXPECT_THAT(Refusal(sql), HasSubstr(words)) << sql;
}

TEST_F(SchemaTest, RefusesAttemptsThatContradictThemselves) {
  Claim();
  const std::pair<const char*, const char*> wrong[] = {
      {"UPDATE attempt SET ended_at = 1", "attempt_ended_has_reason"},
      {"UPDATE attempt SET end_reason = 'error'", "attempt_ended_has_reason"},
      {"UPDATE attempt SET ended_at = 1, end_reason = 'boredom'", "attempt_end_reason_valid"},
      {"UPDATE attempt SET log_tail = 'no json'", "attempt_json_valid"},
      {"UPDATE attempt SET surviving_until_step = -2", "attempt_surviving_valid"},
      {"INSERT INTO attempt (trial_id, number, worker, instance, started_at) "
       "VALUES (1, 2, 'w', 'i', 1)",
       "UNIQUE"},
      {"INSERT INTO attempt (trial_id, number, worker, instance, started_at) "
       "VALUES (99, 1, 'w', 'i', 1)",
       "FOREIGN KEY"},
      {"UPDATE trial SET state = 'queued', current_attempt = NULL WHERE id = 1",
       "trial_releases_attempt"},
  };
  for (const auto& [sql, words] : wrong) EXPECT_THAT(Refusal(sql), HasSubstr(words)) << sql;
}

TEST_F(SchemaTest, RefusesSweepsThatContradictTheirTrials) {
  const std::pair<const char*, const char*> wrong[] = {
      {"UPDATE sweep SET finished_at = 1", "sweep_final_is_finished"},
      {"UPDATE sweep SET queued_trials = -1", "sweep_counts_valid"},
      {"UPDATE sweep SET state = 'failed'", "generated column"},
      {"UPDATE sweep SET name = 'Sweep'", "sweep_name_valid"},
      {"UPDATE sweep SET name = 'a_b'", "sweep_name_valid"},
      {"UPDATE sweep SET name = 'a-'", "sweep_name_valid"},
      {"UPDATE sweep SET name = '0a'", "sweep_name_valid"},
      {"UPDATE sweep SET name = ''", "sweep_name_valid"},
      {"UPDATE sweep SET axes = '['", "sweep_json_valid"},
      {"UPDATE sweep SET priority = 101", "sweep_priority_valid"},
      {"UPDATE sweep SET objective_goal = 'most'", "sweep_goal_valid"},
  };
  for (const auto& [sql, words] : wrong) EXPECT_THAT(Refusal(sql), HasSubstr(words)) << sql;
}

TEST_F(SchemaTest, RefusesResultsThatBelongNowhere) {
  Claim();
  database_->exec("INSERT INTO metric_key (name) VALUES ('a')");
  EXPECT_EQ(Refusal("INSERT INTO metric_point VALUES (1, 1, 0, 1, 0, 0.5)"), "");
  const std::pair<const char*, const char*> wrong[] = {
      {"INSERT INTO flag VALUES (1, 'closed', '', 1, 2, 0, 1, '')", "FOREIGN KEY"},
      {"INSERT INTO flag VALUES (1, 'bored', '', 1, 1, 0, 1, '')", "flag_kind_valid"},
      {"INSERT INTO flag VALUES (1, 'closed', 'A', 1, 1, 0, 1, '')", "flag_site_valid"},
      {"INSERT INTO flag VALUES (1, 'closed', '', -1, 1, 0, 1, '')", "flag_step_valid"},
      {"INSERT INTO flag VALUES (1, 'closed', '', 1, 1, 0, 2, '')", "flag_raised_valid"},
      {"INSERT INTO metric_point VALUES (1, 1, 1, 2, 0, 0.5)", "FOREIGN KEY"},
      {"INSERT INTO metric_point VALUES (1, 9, 1, 1, 0, 0.5)", "FOREIGN KEY"},
      {"INSERT INTO metric_point VALUES (1, 1, 0, 1, 0, 0.5)", "UNIQUE"},
      {"INSERT INTO metric_point VALUES (1, 1, -1, 1, 0, 0.5)", "metric_point_step_valid"},
      {"INSERT INTO metric_key (name) VALUES ('Loss')", "metric_key_name_valid"},
      {"INSERT INTO metric_key (name) VALUES ('')", "metric_key_name_valid"},
      {"INSERT INTO site (name) VALUES ('layer 1')", "site_name_valid"},
      {"INSERT INTO skip_weight (trial_id, site_id, step, attempt, epoch) VALUES (1, 1, 1, 1, 0)",
       "FOREIGN KEY"},
      {"INSERT INTO log_line VALUES (9, 1, 'x', 0)", "FOREIGN KEY"},
      {"INSERT INTO log_line VALUES (1, 0, 'x', 0)", "log_line_number_valid"},
  };
  for (const auto& [sql, words] : wrong) EXPECT_THAT(Refusal(sql), HasSubstr(words)) << sql;
}

TEST_F(SchemaTest, EveryTableIsStrict) {
  SQLite::Statement query(*database_,
                          "SELECT name FROM pragma_table_list "
                          "WHERE schema = 'main' AND type = 'table' AND NOT strict "
                          "AND name NOT LIKE 'sqlite%'");
  while (query.executeStep()) ADD_FAILURE() << query.getColumn(0).getString() << " is not STRICT";
}

}  // namespace
}  // namespace adares
