#include "bench/fleet/measurements.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>
#include <sstream>

#include "absl/strings/str_cat.h"

namespace adares::bench {
namespace {

constexpr double kKibPerMib = 1024;

// "VmRSS:   12345 kB" as MiB; 0 where the line is not there.
double MemoryLine(const std::string& status, const std::string& name) {
  const size_t at = status.find(name + ":");
  return at == std::string::npos ? 0
                                 : std::atof(status.c_str() + at + name.size() + 1) / kKibPerMib;
}

std::string Content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

double SecondsSince(Clock::time_point begin) { return Seconds(Clock::now() - begin); }

double Samples::Quantile(double q) const {
  if (seconds_.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> sorted = seconds_;
  const double rank = std::ceil(q * static_cast<double>(sorted.size()));
  const auto nth = sorted.begin() + static_cast<ptrdiff_t>(std::max(rank, 1.0)) - 1;
  std::nth_element(sorted.begin(), nth, sorted.end());
  return *nth;
}

void Outcome::AddQuantiles(const std::string& name, const Samples& samples) {
  Add(name + "_p50_ms", 1e3 * samples.Quantile(0.50));
  Add(name + "_p99_ms", 1e3 * samples.Quantile(0.99));
}

double Outcome::Get(const std::string& name) const {
  const auto found = std::ranges::find(figures, name, &Figure::name);
  return found == figures.end() ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

absl::StatusOr<ProcessUse> UseOf(pid_t pid) {
  const std::string folder = absl::StrCat("/proc/", pid);
  const std::string stat = Content(folder + "/stat");
  const size_t name_end = stat.rfind(')');  // the name may hold blanks
  if (name_end == std::string::npos) {
    return absl::NotFoundError(absl::StrCat("no process ", pid, " runs"));
  }
  std::istringstream fields(stat.substr(name_end + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user_ticks = 0;
  double system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  const std::string status = Content(folder + "/status");
  return ProcessUse{(user_ticks + system_ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)),
                    MemoryLine(status, "VmRSS"), MemoryLine(status, "VmHWM")};
}

double Slope(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  if (x.size() < 2) return 0;
  const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
  const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
  double covariance = 0;
  double variance = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    covariance += (x[i] - mean_x) * (y[i] - mean_y);
    variance += (x[i] - mean_x) * (x[i] - mean_x);
  }
  return variance == 0 ? 0 : covariance / variance;
}

}  // namespace adares::bench
