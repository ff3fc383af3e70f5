// What must be true of the rows of a database beyond what its schema can say: counts equal a
// recount, one attempt of a trial is alive, one row of each key and step survives.
//
// Private to server/store. Functions throw SQLite::Exception.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/maintenance.h"
#include "server/store/sqlite.h"

namespace adares {

// Collects what one check finds.
class Findings {
 public:
  explicit Findings(std::string check) { result_.check = std::move(check); }

  void Add(std::string subject, std::string problem);
  // Of each row of the query: its first two columns.
  void AddRows(Query& query);
  void Note(std::string note) { result_.note = std::move(note); }

  const CheckResult& result() const { return result_; }

 private:
  CheckResult result_;
};

struct Invariant {
  const char* name;
  // Gives (subject, problem) for each violation. Asked once, or where it is about single trials
  // once for each, as ?1: no snapshot is then held for longer than one trial takes.
  const char* sql;
  bool is_of_a_trial = false;
};

// Those that are one statement each.
const std::vector<Invariant>& Invariants();

// That the counts of each sweep equal a recount. The columns follow the names of the states.
void CheckSweepCounts(Connection& connection, Findings& findings);

// Rows of trials, oldest first.
std::vector<int64_t> AllTrials(Connection& connection);

}  // namespace adares
