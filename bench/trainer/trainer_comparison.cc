// Compares adares-trainer with the bare loop: runs both in turn, several times, and prints images
// per second of each and the ratio of the medians. Exit status 1 where the ratio is below the
// target.
//
//   adares-bench-trainer [ROUNDS [GRANULARITY]]     run from a machine that does nothing else
//
// The trainer trains ResNet-20 on CIFAR-10 ($ADARES_DATA_DIR) with crops, flips and all telemetry;
// where that is not set, on the synthetic set of the same shape with crops alone. Its figure is its
// second epoch's: the first pays for LibTorch's set-up, as the bare loop's warm-up steps do.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <variant>
#include <vector>

#include "core/trainer_protocol.h"

namespace {

using adares::MetricPoint;

constexpr int kThreads = 2;
constexpr int kBatch = 128;
constexpr int kSteps = 40;
constexpr double kTarget = 0.95;

// What `command` writes to standard output; exits where it fails.
std::string Output(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    std::perror("popen");
    std::exit(2);
  }
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  if (pclose(pipe) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::exit(2);
  }
  return output;
}

adares::TrialSpec Spec(const std::string& granularity) {
  const bool real = std::getenv("ADARES_DATA_DIR") != nullptr;
  const auto spec = adares::ParseTrialSpec(
      R"({"model":{"depth":20,"skip":{"granularity":")" + granularity +
      R"("}},"data":{"dataset":")" + (real ? "cifar10" : "synthetic") + R"(","augment":")" +
      (real ? "crop-flip" : "crop") + R"(","train_size":)" + std::to_string(kSteps * kBatch) +
      R"(,"validation_size":256,"test_size":256},"train":{"epochs":2,"batch_size":)" +
      std::to_string(kBatch) + R"(,"weight_decay":0.0001,"log_every":10}})");
  if (!spec.ok()) {
    std::fprintf(stderr, "%s\n", spec.status().ToString().c_str());
    std::exit(2);
  }
  return *spec;
}

// The trainer's own time/images_per_second of its last epoch.
double LastSpeed(const std::string& events) {
  double speed = 0;
  for (size_t begin = 0; begin < events.size();) {
    const size_t end = std::min(events.find('\n', begin), events.size());
    const auto event = adares::trainer_protocol::ParseEvent(events.substr(begin, end - begin));
    begin = end + 1;
    if (!event.ok()) continue;
    if (const auto* points = std::get_if<adares::trainer_protocol::PointsEvent>(&*event)) {
      for (const MetricPoint& point : points->points) {
        if (point.key == adares::metric::kImagesPerSecond) speed = point.value;
      }
    }
  }
  return speed;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  const std::string granularity = argc > 2 ? argv[2] : "none";
  const std::filesystem::path bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path spec_path = std::filesystem::temp_directory_path() /
                                          ("adares-bench-" + std::to_string(getpid()) + ".json");
  std::ofstream(spec_path) << adares::CanonicalJson(Spec(granularity));
  const std::string threads = std::to_string(kThreads);
  const std::string trainer = (bin / "adares-trainer").string() + " --device cpu --threads " +
                              threads + " --spec " + spec_path.string() + " 2>/dev/null";
  const std::string bare = (bin / "adares-bench-bare-loop").string() + " " + threads + " " +
                           std::to_string(kBatch) + " " + std::to_string(kSteps);
  std::vector<double> bare_speeds;
  std::vector<double> trainer_speeds;
  std::printf("round  bare loop  adares-trainer  (images/s, ResNet-20, batch %d, %d threads, %s)\n",
              kBatch, kThreads, granularity.c_str());
  for (int round = 1; round <= rounds; ++round) {
    bare_speeds.push_back(std::atof(Output(bare).c_str()));
    trainer_speeds.push_back(LastSpeed(Output(trainer)));
    std::printf("%5d  %9.1f  %14.1f\n", round, bare_speeds.back(), trainer_speeds.back());
    std::fflush(stdout);
  }
  std::filesystem::remove(spec_path);
  const double ratio = Median(trainer_speeds) / Median(bare_speeds);
  std::printf("median %9.1f  %14.1f  ratio %.3f (target at least %.2f)\n", Median(bare_speeds),
              Median(trainer_speeds), ratio, kTarget);
  return ratio >= kTarget ? 0 : 1;
}
