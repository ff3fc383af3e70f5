// Opening the file, transactions, and what the other files of Store share.
#include "server/store/store.h"

#include <algorithm>
#include <utility>

#include "core/status.h"
#include "server/store/migrator.h"
#include "server/store/store_impl.h"

namespace adares {
namespace {

// FULL: an acknowledged commit survives a loss of power. A checkpoint each 16 MiB keeps the log
// short without interrupting bursts of points; secure_delete would zero pages that hold no secrets.
constexpr char kPragmas[] = R"sql(
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA secure_delete = OFF;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -65536;
PRAGMA wal_autocheckpoint = 4096;
PRAGMA journal_size_limit = 67108864;
)sql";

constexpr int64_t kSynchronousFull = 2;

// There and back: a row that stays what it is would not be written at all.
constexpr char kChange[] = "UPDATE schema_migration SET applied_at = applied_at + ?";

constexpr char kTouch[] = "UPDATE trial SET revision = ?1 WHERE id = ?2 AND revision <> ?1";

constexpr char kNewestRevision[] = R"sql(
SELECT max((SELECT coalesce(max(revision), 0) FROM sweep),
           (SELECT coalesce(max(first), 0) FROM revision_line)))sql";

constexpr char kBeginLine[] = "INSERT INTO revision_line (first, last_before) VALUES (?, ?)";

// Cursors are minutes old; without a bound, a server that starts over and over would fill the file.
constexpr char kForgetLines[] =
    "DELETE FROM revision_line WHERE first <= (SELECT first FROM revision_line "
    "ORDER BY first DESC LIMIT 1 OFFSET 1000)";

struct IdStatements {
  const char* insert;
  const char* select;
};

constexpr IdStatements kMetricKey = {
    "INSERT INTO metric_key (name) VALUES (?) ON CONFLICT DO NOTHING",
    "SELECT id FROM metric_key WHERE name = ?"};

constexpr IdStatements kSite = {"INSERT INTO site (name) VALUES (?) ON CONFLICT DO NOTHING",
                                "SELECT id FROM site WHERE name = ?"};

constexpr IdStatements kRequirement = {
    "INSERT INTO requirement (text) VALUES (?) ON CONFLICT DO NOTHING",
    "SELECT id FROM requirement WHERE text = ?"};

// A cache is for names that come again and again. There are a few dozen of those; without a bound,
// one that is full of others would grow for ever.
constexpr size_t kMaxCachedIds = 20'000;

// Looks `name` up in the cache, then in the table, and inserts it where it is new.
int64_t FindOrInsert(const IdStatements& statements, const std::string& name, IdCache& cache,
                     Connection& connection) {
  const auto cached = cache.find(name);
  if (cached != cache.end()) return cached->second;
  Query(connection.Prepare(statements.insert)).Bind(name).Run();
  Query query(connection.Prepare(statements.select));
  query.Bind(name).Step();
  if (cache.size() >= kMaxCachedIds) cache.clear();
  return cache[name] = query.Int(0);
}

}  // namespace

int64_t Store::Impl::KeyId(const std::string& key) {
  return FindOrInsert(kMetricKey, key, key_ids, connection);
}

int64_t Store::Impl::SiteId(const std::string& site) {
  return FindOrInsert(kSite, site, site_ids, connection);
}

int64_t Store::Impl::RequirementId(const std::string& text) {
  return FindOrInsert(kRequirement, text, requirement_ids, connection);
}

// From the clock, so that no start gives a number that another file gave before this one was put in
// its place. Where the disk takes nothing the server must come up all the same: then only cursors
// of such a file pass for this one's.
void Store::Impl::BeginRevisionLine(Timestamp now) {
  const int64_t last = connection.ExecuteAndGetInt(kNewestRevision);
  revision = std::max(last + 1, ToMicros(now));
  Guarded("begin a line of revisions", [&] {
    Query(connection.Prepare(kBeginLine)).Bind(revision).Bind(last).Run();
    Query(connection.Prepare(kForgetLines)).Run();
    return absl::OkStatus();
  }).IgnoreError();
}

void Store::Impl::Touch(int64_t trial_row) {
  Query(connection.Prepare(kTouch)).Bind(revision).Bind(trial_row).Run();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Store::~Store() = default;

absl::StatusOr<std::unique_ptr<Store>> Store::Open(const std::string& path, Timestamp now,
                                                   const StoreOptions& options) {
  ADARES_RETURN_IF_ERROR(Migrate(path, EmbeddedMigrations(), now));
  const auto open = [&]() -> absl::StatusOr<std::unique_ptr<Store>> {
    auto impl = std::make_unique<Impl>(path, options.busy_timeout);
    impl->connection.Execute(kPragmas);
    if (Query query(impl->connection.Prepare("PRAGMA journal_mode"));
        !query.Step() || query.Text(0) != "wal") {
      return absl::FailedPreconditionError(
          "SQLite cannot keep a write-ahead log here; put the state on a local file system");
    }
    if (Query query(impl->connection.Prepare("PRAGMA synchronous"));
        !query.Step() || query.Int(0) != kSynchronousFull) {
      return absl::InternalError("SQLite does not wait for the disk: commits would not be durable");
    }
    impl->BeginRevisionLine(now);
    return std::unique_ptr<Store>(new Store(std::move(impl)));
  };
  auto store = Guarded("open the database", open);
  if (!store.ok()) return Annotate(store.status(), path);
  return store;
}

absl::Status Store::Begin() {
  return Guarded("begin a transaction", [&] {
    impl_->connection.Execute("BEGIN IMMEDIATE");
    impl_->changes_at_begin = impl_->connection.TotalChanges();
    ++impl_->revision;
    return absl::OkStatus();
  });
}

absl::Status Store::Commit() {
  return Guarded("commit a transaction", [&] {
    Query(impl_->connection.Prepare("COMMIT")).Run();
    return absl::OkStatus();
  });
}

void Store::Rollback() {
  impl_->ForgetIds();
  if (!impl_->connection.InTransaction()) return;
  // Where this fails the connection is broken, and the next Begin says so.
  Guarded("roll a transaction back", [&] {
    impl_->connection.Execute("ROLLBACK");
    return absl::OkStatus();
  }).IgnoreError();
}

absl::Status Store::BeginSavepoint() {
  return GuardedWrite(impl_->connection, "begin a savepoint", [&] {
    Query(impl_->connection.Prepare("SAVEPOINT command")).Run();
    return absl::OkStatus();
  });
}

absl::Status Store::ReleaseSavepoint() {
  return GuardedWrite(impl_->connection, "release a savepoint", [&] {
    Query(impl_->connection.Prepare("RELEASE command")).Run();
    return absl::OkStatus();
  });
}

void Store::RollbackSavepoint() {
  impl_->ForgetIds();
  if (!impl_->connection.InTransaction()) return;
  const absl::Status status = Guarded("roll a savepoint back", [&] {
    impl_->connection.Execute("ROLLBACK TO command; RELEASE command");
    return absl::OkStatus();
  });
  // Half a command must never be committed: give the whole transaction up, and Commit says so.
  if (!status.ok()) Rollback();
}

bool Store::InTransaction() const { return impl_->connection.InTransaction(); }

bool Store::HasWritten() const {
  return impl_->connection.TotalChanges() != impl_->changes_at_begin;
}

absl::Status Store::TryToWrite() {
  return GuardedWrite(impl_->connection, "write to the database", [&] {
    for (const int step : {1, -1}) Query(impl_->connection.Prepare(kChange)).Bind(step).Run();
    return absl::OkStatus();
  });
}

int64_t Store::revision() const { return impl_->revision; }

}  // namespace adares
