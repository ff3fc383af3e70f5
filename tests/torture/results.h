// What the trials of a sweep came to.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace adares::torture {

// Of each trial by its id: its surviving points, skip weights and flags and its hashes, a line
// each. Times, and which attempt it was, are left out.
using Results = std::map<std::string, std::multiset<std::string>>;

// Throws SQLite::Exception.
Results ResultsOf(const std::string& database, const std::string& sweep);

// What is different, for people: at most a few lines of each trial; empty where nothing is. Of
// `stopped` trials only lines up to `last_step` must be there; they may have later ones.
std::string Difference(const Results& expected, const Results& actual,
                       const std::set<std::string>& stopped = {}, int64_t last_step = 0);

}  // namespace adares::torture
