// Why attempts ended, held against what was done.
#pragma once

#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "tests/torture/logs.h"

namespace adares::torture {

// What was done in a run that ends attempts.
struct Causes {
  std::set<pid_t> killed_trainers;
  std::set<std::string> drained_workers;
  std::set<std::string> asked;  // "pause SWEEP/ID", "cancel SWEEP", ... whatever came of it
};

// The attempts whose ends nothing explains, for people. An attempt that never reported anything may
// count as given up once a lease is over, because the answers that gave it were lost.
// Throws SQLite::Exception.
std::vector<std::string> UnexplainedEnds(const std::string& database, const Logs& logs,
                                         const Causes& causes, int lease_seconds);

}  // namespace adares::torture
