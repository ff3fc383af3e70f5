// Reader: opening, and what its other files share.
#include "server/store/reader.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "server/store/reader_impl.h"
#include "server/store/sweep_rows.h"

namespace adares {
namespace {

constexpr int kMaxPageSize = 1000;
constexpr char kAnySweep[] = "-";

constexpr char kFindSweep[] = "SELECT id FROM sweep WHERE name = ?";

constexpr char kFindTrial[] = R"sql(
SELECT trial.id FROM trial JOIN sweep ON sweep.id = trial.sweep_id
WHERE sweep.name = ? AND trial.name = ?)sql";

constexpr char kFindTrials[] = "SELECT id FROM trial WHERE name = ?";

constexpr char kSweepsOfTrial[] = R"sql(
SELECT sweep.name FROM trial JOIN sweep ON sweep.id = trial.sweep_id
WHERE trial.name = ? ORDER BY sweep.id DESC)sql";

absl::Status AmbiguousTrial(Connection& connection, const std::string& trial) {
  Query query(connection.Prepare(kSweepsOfTrial));
  query.Bind(trial);
  const std::string sweeps = absl::StrJoin(ReadTexts(query), ", ");
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                   absl::StrCat("trial ", trial, " stands in several sweeps; name one of ", sweeps),
                   {{"field", "trial"}, {"trial", trial}, {"sweeps", sweeps}});
}

}  // namespace

Reader::Reader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Reader::~Reader() = default;

absl::StatusOr<std::unique_ptr<Reader>> Reader::Open(const std::string& path) {
  const auto open = [&]() -> absl::StatusOr<std::unique_ptr<Reader>> {
    auto impl = std::make_unique<Impl>(path);
    impl->connection.Execute("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY");
    return std::unique_ptr<Reader>(new Reader(std::move(impl)));
  };
  auto reader = Guarded("open the database for reading", open);
  if (!reader.ok()) return Annotate(reader.status(), path);
  return reader;
}

absl::StatusOr<int64_t> FindSweepRow(Connection& connection, const std::string& sweep) {
  Query query(connection.Prepare(kFindSweep));
  if (query.Bind(sweep).Step()) return query.Int(0);
  return NoSuchSweep(connection, sweep);
}

absl::StatusOr<int64_t> FindTrialRow(Connection& connection, const std::string& sweep,
                                     const std::string& trial) {
  const bool any = sweep == kAnySweep;
  Query query(connection.Prepare(any ? kFindTrials : kFindTrial));
  if (!any) query.Bind(sweep);
  query.Bind(trial);
  const std::vector<int64_t> rows = ReadIntegers(query);
  if (rows.size() == 1) return rows.front();
  if (rows.size() > 1) return AmbiguousTrial(connection, trial);
  return MakeError(absl::StatusCode::kNotFound, reason::kTrialNotFound,
                   absl::StrCat("there is no trial ", Quoted(trial), " in ",
                                any ? std::string("any sweep") : "sweep " + Quoted(sweep)),
                   {{"sweep", sweep}, {"trial", trial}});
}

absl::Status CheckPage(const Page& page) {
  if (page.size >= 1 && page.size <= kMaxPageSize) return absl::OkStatus();
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                   absl::StrCat("a page holds 1 to ", kMaxPageSize, " entries, not ", page.size),
                   {{"field", "page_size"}, {"page_size", absl::StrCat(page.size)}});
}

}  // namespace adares
