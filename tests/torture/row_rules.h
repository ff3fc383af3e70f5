// What the rows of a database that torture leaves have to follow, beside what adares checks itself.
#pragma once

#include <string>
#include <vector>

namespace adares::torture {

// The key of the points by which a scripted trainer says which attempt it plays.
inline constexpr char kAttemptKey[] = "attempt/number";

// The breaches, for people; empty where there is none. The rules: no attempt has a hole in what it
// reported, its log included; it begins right after the checkpoint that it went on from; points
// that say of which attempt they are stand with it; and of the points that survive none of an
// earlier attempt follows one of a later. Throws SQLite::Exception.
std::vector<std::string> BreachesOfRows(const std::string& database);

}  // namespace adares::torture
