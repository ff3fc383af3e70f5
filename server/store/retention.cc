#include "server/store/retention.h"

#include <deque>
#include <utility>
#include <vector>

#include "server/store/sqlite.h"

namespace adares {
namespace {

// Attempts after ?2 with log lines that may go.
constexpr char kAttemptsWithLogs[] = R"sql(
SELECT id FROM attempt
WHERE id > ?2 AND ended_at < ?1 AND EXISTS (SELECT 1 FROM log_line WHERE attempt_id = attempt.id)
ORDER BY id LIMIT 1)sql";

constexpr char kLines[] = R"sql(
SELECT min(number), max(number), count(*), sum(length(CAST(text AS BLOB)))
FROM (SELECT number, text FROM log_line WHERE attempt_id = ?1 AND number > ?2
      ORDER BY number LIMIT ?3))sql";

// Trials after ?2 with an attempt of which rows may count no more.
constexpr char kTrialsWithSuperseded[] = R"sql(
SELECT trial_id FROM attempt
WHERE trial_id > ?2 AND ended_at < ?1 AND surviving_until_step IS NOT NULL
ORDER BY trial_id LIMIT 1)sql";

// In each: the next ?5 rows that may go of trial ?1 after (series ?3, step ?4).
constexpr char kPoints[] = R"sql(
SELECT metric_point.key_id, metric_point.step
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
WHERE metric_point.trial_id = ?1 AND (metric_point.key_id, metric_point.step) > (?3, ?4)
  AND attempt.ended_at < ?2 AND metric_point.step > attempt.surviving_until_step
ORDER BY metric_point.key_id, metric_point.step LIMIT ?5)sql";

constexpr char kWeights[] = R"sql(
SELECT skip_weight.site_id, skip_weight.step
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ?1 AND (skip_weight.site_id, skip_weight.step) > (?3, ?4)
  AND attempt.ended_at < ?2 AND skip_weight.step > attempt.surviving_until_step
ORDER BY skip_weight.site_id, skip_weight.step LIMIT ?5)sql";

// Flags have no series: all of a trial are one.
constexpr char kFlags[] = R"sql(
SELECT 0, flag.step
FROM flag
JOIN attempt ON attempt.trial_id = flag.trial_id AND attempt.number = flag.attempt
WHERE flag.trial_id = ?1 AND (0, flag.step) > (?3, ?4)
  AND attempt.ended_at < ?2 AND flag.step > attempt.surviving_until_step
ORDER BY flag.step LIMIT ?5)sql";

// The next trial after ?2 with checkpoints that may go. One of them stays.
constexpr char kCheckpoints[] = R"sql(
SELECT trial.id, count(*) - 1
FROM trial JOIN checkpoint ON checkpoint.trial_id = trial.id
WHERE trial.id > ?2 AND trial.finished_at < ?1
GROUP BY trial.id HAVING count(*) > 1
ORDER BY trial.id LIMIT 1)sql";

const char* SeriesStatement(PrunableRows rows) {
  if (rows == PrunableRows::kPoints) return kPoints;
  return rows == PrunableRows::kSkipWeights ? kWeights : kFlags;
}

// A row's place in a trial.
using Place = std::pair<int64_t, int64_t>;  // series, step
constexpr Place kNowhere = {-1, -1};

void Count(PrunePiece& piece) {
  switch (piece.rows) {
    case PrunableRows::kPoints:
      ++piece.counts.points;
      break;
    case PrunableRows::kSkipWeights:
      ++piece.counts.skip_weights;
      break;
    case PrunableRows::kFlags:
      ++piece.counts.flags;
      break;
    case PrunableRows::kLogLines:
    case PrunableRows::kCheckpoints:
      break;
  }
}

// A piece for each series that the places name; they are in order.
std::deque<PrunePiece> Pieces(PrunableRows rows, int64_t trial, const std::vector<Place>& places) {
  std::deque<PrunePiece> pieces;
  for (const auto& [series, step] : places) {
    if (pieces.empty() || pieces.back().series != series) {
      pieces.push_back({rows, trial, series, step, step, {}});
    }
    pieces.back().last = step;
    Count(pieces.back());
  }
  return pieces;
}

// Rows of one place are told together: those at the end, of which more may follow, come next time.
// A place that fills all of it is taken as it is.
void DropLastPlace(std::vector<Place>& places) {
  const Place last = places.back();
  if (places.front() == last) return;
  while (places.back() == last) places.pop_back();
}

}  // namespace

// Logs come first, attempt by attempt; then trial by trial points, weights and flags; then
// checkpoints.
struct PrunableScan::Impl {
  Impl(const std::string& path, Options scan_options)
      : options(std::move(scan_options)), connection(path, ReadingMode(path)) {
    if (options.stop) connection.StopWhen(options.stop);
  }

  std::optional<PrunePiece> Next();
  std::optional<PrunePiece> NextLines();
  std::optional<PrunePiece> NextOfSeries();
  std::optional<PrunePiece> NextCheckpoints();
  // Fills `pieces` with what follows of the trial and kind that the scan is at.
  void ReadPieces();

  const Options options;
  Connection connection;
  bool logs_done = false;
  bool series_done = false;
  PrunableRows rows = PrunableRows::kFlags;  // the last kind: the first trial comes next
  int64_t owner = 0;                         // attempt or trial
  int64_t line = -1;                         // the last one that was told
  Place place = kNowhere;                    // the same of a trial
  std::deque<PrunePiece> pieces;             // to be told next
};

std::optional<PrunePiece> PrunableScan::Impl::Next() {
  if (!logs_done) {
    if (auto piece = NextLines()) return piece;
    logs_done = true;
    owner = 0;
  }
  if (!series_done) {
    if (auto piece = NextOfSeries()) return piece;
    series_done = true;
    owner = 0;
  }
  return NextCheckpoints();
}

std::optional<PrunePiece> PrunableScan::Impl::NextCheckpoints() {
  Query query(connection.Prepare(kCheckpoints));
  if (!query.Bind(options.before).Bind(owner).Step()) return std::nullopt;
  PrunePiece piece;
  piece.rows = PrunableRows::kCheckpoints;
  piece.owner = owner = query.Int(0);
  piece.counts.checkpoints = query.Int(1);
  return piece;
}

std::optional<PrunePiece> PrunableScan::Impl::NextLines() {
  for (;;) {
    if (owner != 0) {
      Query query(connection.Prepare(kLines));
      query.Bind(owner).Bind(line).Bind(options.rows_per_piece).Step();
      if (query.Int(2) > 0) {
        PrunePiece piece;
        piece.owner = owner;
        piece.first = query.Int(0);
        piece.last = line = query.Int(1);
        piece.counts.log_lines = query.Int(2);
        piece.counts.log_bytes = query.Int(3);
        return piece;
      }
    }
    Query query(connection.Prepare(kAttemptsWithLogs));
    if (!query.Bind(options.before).Bind(owner).Step()) return std::nullopt;
    owner = query.Int(0);
    line = -1;
  }
}

std::optional<PrunePiece> PrunableScan::Impl::NextOfSeries() {
  for (;;) {
    if (owner != 0 && pieces.empty()) ReadPieces();
    if (!pieces.empty()) {
      PrunePiece piece = pieces.front();
      pieces.pop_front();
      return piece;
    }
    place = kNowhere;
    if (owner != 0 && rows != PrunableRows::kFlags) {
      rows = rows == PrunableRows::kPoints ? PrunableRows::kSkipWeights : PrunableRows::kFlags;
      continue;
    }
    Query query(connection.Prepare(kTrialsWithSuperseded));
    if (!query.Bind(options.before).Bind(owner).Step()) return std::nullopt;
    owner = query.Int(0);
    rows = PrunableRows::kPoints;
  }
}

void PrunableScan::Impl::ReadPieces() {
  Query query(connection.Prepare(SeriesStatement(rows)));
  query.Bind(owner).Bind(options.before).Bind(place.first).Bind(place.second);
  query.Bind(options.rows_per_piece);
  std::vector<Place> places;
  while (query.Step()) places.emplace_back(query.Int(0), query.Int(1));
  if (places.size() == static_cast<size_t>(options.rows_per_piece)) DropLastPlace(places);
  if (!places.empty()) place = places.back();
  pieces = Pieces(rows, owner, places);
}

absl::StatusOr<std::unique_ptr<PrunableScan>> PrunableScan::Open(const std::string& path,
                                                                 Options options) {
  return Guarded("open the database", [&]() -> absl::StatusOr<std::unique_ptr<PrunableScan>> {
    auto impl = std::make_unique<Impl>(path, std::move(options));
    return std::unique_ptr<PrunableScan>(new PrunableScan(std::move(impl)));
  });
}

PrunableScan::PrunableScan(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrunableScan::~PrunableScan() = default;

absl::StatusOr<std::optional<PrunePiece>> PrunableScan::Next() {
  return Guarded("look for what may be deleted",
                 [&]() -> absl::StatusOr<std::optional<PrunePiece>> { return impl_->Next(); });
}

}  // namespace adares
