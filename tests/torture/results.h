// What the trials of a sweep came to.
#pragma once

#include <map>
#include <set>
#include <string>

namespace adares::torture {

// Of each trial by its id: its surviving points, skip weights and flags and its hashes, a line
// each. Times are left out.
using Results = std::map<std::string, std::multiset<std::string>>;

// Throws SQLite::Exception.
Results ResultsOf(const std::string& database, const std::string& sweep);

// What is different, for people: at most a few lines of each trial; empty where nothing is.
std::string Difference(const Results& expected, const Results& actual);

}  // namespace adares::torture
