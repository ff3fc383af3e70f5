#include "server/metrics/process_metrics.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace adares {
namespace {

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

ProcessMetrics::ProcessMetrics(prometheus::Registry& registry)
    : cpu_seconds_(prometheus::BuildCounter()
                       .Name("process_cpu_seconds_total")
                       .Help("User and system CPU time.")
                       .Register(registry)
                       .Add({})),
      resident_bytes_(AddGauge(registry, "process_resident_memory_bytes", "Resident memory.")),
      open_fds_(AddGauge(registry, "process_open_fds", "Open file descriptors.")),
      max_fds_(AddGauge(registry, "process_max_fds", "Limit of open file descriptors.")) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  AddGauge(registry, "process_start_time_seconds", "Start of the process, Unix time.")
      .Set(std::chrono::duration<double>(now).count());
}

void ProcessMetrics::Update() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    cpu_seconds_.Increment(Seconds(usage.ru_utime) + Seconds(usage.ru_stime) -
                           cpu_seconds_.Value());
  }
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  if (statm >> total_pages >> resident_pages) {
    resident_bytes_.Set(static_cast<double>(resident_pages * sysconf(_SC_PAGESIZE)));
  }
  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (!error) open_fds_.Set(static_cast<double>(std::distance(begin(fds), end(fds))));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) max_fds_.Set(static_cast<double>(limit.rlim_cur));
}

}  // namespace adares
