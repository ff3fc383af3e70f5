// Reader: the points and skip weights of one trial.
#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "server/store/page_token.h"
#include "server/store/reader.h"
#include "server/store/reader_impl.h"
#include "server/store/record_bytes.h"
#include "server/store/site_order.h"

namespace adares {
namespace {

// A name and its row: a metric key or a site.
struct NamedRow {
  std::string name;
  int64_t row = 0;
};

constexpr char kKeys[] = R"sql(
SELECT metric_key.name, metric_key.id
FROM metric_summary JOIN metric_key ON metric_key.id = metric_summary.key_id
WHERE metric_summary.trial_id = ? ORDER BY metric_key.name)sql";

constexpr char kPoints[] = R"sql(
SELECT metric_point.step, metric_point.epoch, metric_point.value
FROM metric_point
JOIN attempt ON attempt.trial_id = metric_point.trial_id AND attempt.number = metric_point.attempt
WHERE metric_point.trial_id = ? AND metric_point.key_id = ?
  AND metric_point.step > ?
  AND (attempt.surviving_until_step IS NULL OR metric_point.step <= attempt.surviving_until_step)
ORDER BY metric_point.step LIMIT ?)sql";

// A trial that is begun again has other rows: a page token of before must not go on in them.
constexpr char kAttempts[] = "SELECT attempt_count FROM trial WHERE id = ?";

constexpr char kSites[] = R"sql(
SELECT name, id FROM site
WHERE EXISTS (SELECT 1 FROM skip_weight WHERE trial_id = ? AND site_id = site.id))sql";

constexpr char kWeights[] = R"sql(
SELECT skip_weight.step, skip_weight.epoch, skip_weight.value, skip_weight.gradient, skip_weight.s,
  skip_weight.r, skip_weight.gradient_snr, skip_weight.path_ratio, skip_weight.skip_share
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ? AND skip_weight.site_id = ?
  AND skip_weight.step > ?
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
ORDER BY skip_weight.step LIMIT ?)sql";

constexpr char kLastWeight[] = R"sql(
SELECT skip_weight.step, skip_weight.epoch, skip_weight.value, skip_weight.gradient, skip_weight.s,
  skip_weight.r, skip_weight.gradient_snr, skip_weight.path_ratio, skip_weight.skip_share
FROM skip_weight
JOIN attempt ON attempt.trial_id = skip_weight.trial_id AND attempt.number = skip_weight.attempt
WHERE skip_weight.trial_id = ? AND skip_weight.site_id = ?
  AND (attempt.surviving_until_step IS NULL OR skip_weight.step <= attempt.surviving_until_step)
ORDER BY skip_weight.step DESC LIMIT 1)sql";

std::string ListName(Connection& connection, const char* what, int64_t trial_row) {
  Query query(connection.Prepare(kAttempts));
  query.Bind(trial_row).Step();
  return absl::StrCat(what, " of ", trial_row, " in attempt ", query.Int(0));
}

std::vector<NamedRow> ReadNamedRows(Query& query) {
  std::vector<NamedRow> rows;
  while (query.Step()) rows.push_back({query.Text(0), query.Int(1)});
  return rows;
}

bool IsNamed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// What a trial has several of: "metric" or "site", and the reason of asking for one it has not.
struct SeriesKind {
  const char* word;
  std::string_view not_found;
};
constexpr SeriesKind kMetrics = {"metric", reason::kMetricNotFound};
constexpr SeriesKind kWeightSites = {"site", reason::kSiteNotFound};

// Rows of these series that a page may hold at most, each with its name.
size_t HowManyFit(const std::vector<NamedRow>& series, int64_t bytes_of_row) {
  int64_t longest_name = 0;
  for (const NamedRow& row : series) longest_name = std::max(longest_name, std::ssize(row.name));
  return static_cast<size_t>(kBytesOfSeries / (bytes_of_row + longest_name));
}

// NOT_FOUND for the first of `wanted` that the trial does not have.
absl::Status CheckNames(const SeriesKind& kind, const std::vector<NamedRow>& series,
                        const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const NamedRow& row : series) known.push_back(row.name);
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string hint =
        known.empty() ? std::string("; it has reported none yet") : DidYouMean(name, known);
    return MakeError(absl::StatusCode::kNotFound, kind.not_found,
                     absl::StrCat("the trial has no ", kind.word, " ", Quoted(name), hint),
                     {{kind.word, name}, {"known", absl::StrJoin(known, ", ")}});
  }
  return absl::OkStatus();
}

void AddWeights(Query& query, const std::string& site, std::vector<SkipWeightPoint>& weights) {
  while (query.Step()) {
    weights.push_back({site, query.Int(0), query.Int(1), query.Real(2), query.Real(3),
                       query.Real(4), query.Real(5), query.Real(6), query.Real(7), query.Real(8)});
  }
}

// The last row of a page: the next one begins after it. Its key is "<step> <name>".
struct SeriesPlace {
  std::string name;
  int64_t step = -1;
};

std::string KeyOf(const SeriesPlace& place) { return absl::StrCat(place.step, " ", place.name); }

absl::StatusOr<SeriesPlace> PlaceOf(const std::string& list, const std::string& token) {
  SeriesPlace place;
  if (token.empty()) return place;
  ADARES_ASSIGN_OR_RETURN(const std::string key, PageTokenKey(list, token));
  const size_t space = key.find(' ');
  if (space == std::string::npos || !absl::SimpleAtoi(key.substr(0, space), &place.step)) {
    return InvalidPageToken();
  }
  place.name = key.substr(space + 1);
  return place;
}

// Reads `series` one after the other from the place that `page` names, until it is full or has
// `limit` rows.
// `read(series, after_step, limit, items)` adds the rows of one series to `items`.
template <typename Item, typename Read>
absl::StatusOr<PageOf<Item>> ReadSeries(const std::vector<NamedRow>& series,
                                        const std::string& list, const Page& page, size_t limit,
                                        std::string Item::*name, Read read) {
  ADARES_ASSIGN_OR_RETURN(SeriesPlace place, PlaceOf(list, page.token));
  auto current = series.begin();
  if (!place.name.empty()) {
    current = std::find_if(series.begin(), series.end(),
                           [&](const NamedRow& row) { return row.name == place.name; });
    if (current == series.end()) return InvalidPageToken();
  }
  const size_t size = std::min(static_cast<size_t>(page.size), limit);
  PageOf<Item> result;
  for (; current != series.end() && result.items.size() <= size; ++current) {
    read(*current, place.step, static_cast<int64_t>(size + 1 - result.items.size()), result.items);
    place.step = -1;
  }
  if (result.items.size() > size) {
    result.items.resize(size);
    const Item& last = result.items.back();
    result.next_token = MakePageToken(list, KeyOf({last.*name, last.step}));
  }
  return result;
}

}  // namespace

absl::StatusOr<PageOf<MetricPoint>> Reader::Points(const std::string& sweep,
                                                   const std::string& trial,
                                                   const std::vector<std::string>& keys,
                                                   const Page& page) {
  const auto body = [&]() -> absl::StatusOr<PageOf<MetricPoint>> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    Query key_query(impl_->connection.Prepare(kKeys));
    key_query.Bind(row);
    std::vector<NamedRow> series = ReadNamedRows(key_query);
    ADARES_RETURN_IF_ERROR(CheckNames(kMetrics, series, keys));
    std::erase_if(series, [&](const NamedRow& key) { return !IsNamed(keys, key.name); });
    const auto read = [&](const NamedRow& key, int64_t after, int64_t limit,
                          std::vector<MetricPoint>& points) {
      Query query(impl_->connection.Prepare(kPoints));
      query.Bind(row).Bind(key.row).Bind(after).Bind(limit);
      while (query.Step()) {
        points.push_back({key.name, query.Int(0), query.Int(1), query.Real(2)});
      }
    };
    return ReadSeries(series, ListName(impl_->connection, "points", row), page,
                      HowManyFit(series, kBytesOfPoint), &MetricPoint::key, read);
  };
  return GuardedRead(impl_->connection, "read points", body);
}

absl::StatusOr<PageOf<SkipWeightPoint>> Reader::SkipWeights(const std::string& sweep,
                                                            const std::string& trial,
                                                            const std::vector<std::string>& sites,
                                                            bool last_only, const Page& page) {
  const auto body = [&]() -> absl::StatusOr<PageOf<SkipWeightPoint>> {
    ADARES_ASSIGN_OR_RETURN(const int64_t row, FindTrialRow(impl_->connection, sweep, trial));
    Query site_query(impl_->connection.Prepare(kSites));
    site_query.Bind(row);
    std::vector<NamedRow> series = ReadNamedRows(site_query);
    std::sort(series.begin(), series.end(),
              [](const NamedRow& a, const NamedRow& b) { return SiteBefore(a.name, b.name); });
    ADARES_RETURN_IF_ERROR(CheckNames(kWeightSites, series, sites));
    std::erase_if(series, [&](const NamedRow& site) { return !IsNamed(sites, site.name); });
    const std::string list = ListName(impl_->connection, "weights", row);
    const auto read = [&](const NamedRow& site, int64_t after, int64_t limit,
                          std::vector<SkipWeightPoint>& weights) {
      Query query(impl_->connection.Prepare(kWeights));
      query.Bind(row).Bind(site.row).Bind(after).Bind(limit);
      AddWeights(query, site.name, weights);
    };
    const auto read_last = [&](const NamedRow& site, int64_t after, int64_t,
                               std::vector<SkipWeightPoint>& weights) {
      if (after >= 0) return;  // the site's row was on the page before, whatever was reported since
      Query query(impl_->connection.Prepare(kLastWeight));
      query.Bind(row).Bind(site.row);
      AddWeights(query, site.name, weights);
    };
    const size_t limit = HowManyFit(series, kBytesOfSkipWeight);
    return last_only ? ReadSeries(series, list, page, limit, &SkipWeightPoint::site, read_last)
                     : ReadSeries(series, list, page, limit, &SkipWeightPoint::site, read);
  };
  return GuardedRead(impl_->connection, "read skip weights", body);
}

}  // namespace adares
