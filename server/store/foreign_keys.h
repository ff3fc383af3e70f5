// Rows whose references lead nowhere. SQLite refuses to make one only where `foreign_keys` is on,
// which it is not while migrations rebuild tables. Throws SQLite::Exception.
#pragma once

#include <functional>
#include <string>

#include "server/store/sqlite.h"

namespace adares {

// Gets the table of such a row and what is wrong: "row 7 refers to a row of sweep that is not
// there".
using DanglingRowSink = std::function<void(const std::string& table, const std::string& problem)>;

// Of all tables, people's own included.
void FindDanglingRows(Connection& connection, const DanglingRowSink& found);
// Of one table.
void FindDanglingRowsOf(Connection& connection, const std::string& table,
                        const DanglingRowSink& found);

}  // namespace adares
