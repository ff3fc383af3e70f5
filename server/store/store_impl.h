// The inside of Store, shared by its .cc files. Private to server/store.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/store/sqlite.h"
#include "server/store/store.h"

namespace adares {

// Ids of names in metric_key or site, or of texts in requirement.
using IdCache = std::unordered_map<std::string, int64_t>;

struct Store::Impl {
  Impl(const std::string& path, std::chrono::milliseconds busy_timeout)
      : connection(path, Connection::Mode::kReadWrite, busy_timeout) {}

  // The id of a name in metric_key or site, which gets a row if it has none.
  int64_t KeyId(const std::string& key);
  int64_t SiteId(const std::string& site);
  // The same for the text of a requirement.
  int64_t RequirementId(const std::string& text);

  // Goes on with revisions that no file gave before.
  void BeginRevisionLine(Timestamp now);

  // Marks the trial as changed by this transaction.
  void Touch(int64_t trial_row);

  // Forgets what a rollback may have taken back.
  void ForgetIds() {
    key_ids.clear();
    site_ids.clear();
    requirement_ids.clear();
  }

  Connection connection;
  HasBlob has_blob;
  int64_t revision = 0;
  int64_t changes_at_begin = 0;
  IdCache key_ids;
  IdCache site_ids;
  IdCache requirement_ids;
};

// Guarded for what writes: INTERNAL outside a transaction, where SQLite would commit by itself.
template <typename Body>
auto GuardedWrite(const Connection& connection, const char* what, Body&& body) -> decltype(body()) {
  if (!connection.InTransaction()) {
    return absl::InternalError(absl::StrCat(what, ": there is no transaction"));
  }
  return Guarded(what, std::forward<Body>(body));
}

}  // namespace adares
