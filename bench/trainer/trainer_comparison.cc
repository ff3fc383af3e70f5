// Compares adares-trainer with the bare loop: for each setting runs both in turn, several times,
// and prints the medians of their images per second, the slowest and the fastest, and the ratio of
// the medians. Exit status 1 where a ratio is below the target.
//
//   adares-bench-trainer ROUNDS DEPTH:BATCH:GRANULARITY...     on a machine that does nothing else
//
// The trainer trains on CIFAR-10 ($ADARES_DATA_DIR) with crops and flips, or on the synthetic set
// of the same shape with crops where that is not set, and sends all telemetry. Its figure is its
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

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/trainer_protocol.h"

namespace {

using adares::MetricPoint;

constexpr int kThreads = 2;
constexpr int kImages = 5120;  // of an epoch
constexpr double kTarget = 0.95;

struct Setting {
  int depth = 0;
  int batch = 0;
  std::string granularity;
};

struct Speeds {
  std::vector<double> bare;
  std::vector<double> trainer;
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "adares-bench-trainer: %s\n", message.c_str());
  std::exit(2);
}

Setting ParseSetting(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  Setting setting;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &setting.depth) ||
      !absl::SimpleAtoi(parts[1], &setting.batch) || setting.batch < 1) {
    Fail(text + ": expected DEPTH:BATCH:GRANULARITY");
  }
  setting.granularity = parts[2];
  return setting;
}

// What `command` writes to standard output.
std::string Output(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) Fail("cannot start: " + command);
  std::string output;
  std::array<char, 4096> buffer;
  while (const size_t size = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), size);
  }
  if (pclose(pipe) != 0) Fail("failed: " + command);
  return output;
}

adares::TrialSpec SpecOf(const Setting& setting) {
  const bool real = std::getenv("ADARES_DATA_DIR") != nullptr;
  const auto spec = adares::ParseTrialSpec(absl::StrFormat(
      R"({"model":{"depth":%d,"skip":{"granularity":"%s"}},)"
      R"("data":{"dataset":"%s","augment":"%s","train_size":%d,"validation_size":256,)"
      R"("test_size":256},"train":{"epochs":2,"batch_size":%d,"weight_decay":0.0001,)"
      R"("log_every":10}})",
      setting.depth, setting.granularity, real ? "cifar10" : "synthetic",
      real ? "crop-flip" : "crop", kImages, setting.batch));
  if (!spec.ok()) Fail(std::string(spec.status().message()));
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

Speeds Measure(const Setting& setting, int rounds) {
  const std::filesystem::path bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::filesystem::path spec_path =
      std::filesystem::temp_directory_path() / absl::StrCat("adares-bench-", getpid(), ".json");
  std::ofstream(spec_path) << adares::CanonicalJson(SpecOf(setting));
  const std::string trainer =
      absl::StrCat((bin / "adares-trainer").string(), " --device cpu --threads ", kThreads,
                   " --spec ", spec_path.string(), " 2>/dev/null");
  const std::string bare =
      absl::StrCat((bin / "adares-bench-bare-loop").string(), " ", kThreads, " ", setting.depth,
                   " ", setting.batch, " ", kImages / setting.batch);
  Speeds speeds;
  for (int round = 1; round <= rounds; ++round) {
    speeds.bare.push_back(std::atof(Output(bare).c_str()));
    speeds.trainer.push_back(LastSpeed(Output(trainer)));
    std::fprintf(stderr, "round %d: bare loop %.1f, adares-trainer %.1f\n", round,
                 speeds.bare.back(), speeds.trainer.back());
  }
  std::filesystem::remove(spec_path);
  return speeds;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// "307.2 (290.5 to 335.6)".
std::string MedianAndRange(const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return absl::StrFormat("%.1f (%.1f to %.1f)", Median(values), *low, *high);
}

}  // namespace

int main(int argc, char** argv) {
  int rounds = 0;
  if (argc < 3 || !absl::SimpleAtoi(argv[1], &rounds) || rounds < 1) {
    Fail("usage: adares-bench-trainer ROUNDS DEPTH:BATCH:GRANULARITY...");
  }
  std::printf(
      "| network | batch | granularity | rounds | bare loop, images/s | adares-trainer, images/s | "
      "ratio |\n|---|---|---|---|---|---|---|\n");
  bool reached = true;
  for (int i = 2; i < argc; ++i) {
    const Setting setting = ParseSetting(argv[i]);
    const Speeds speeds = Measure(setting, rounds);
    const double ratio = Median(speeds.trainer) / Median(speeds.bare);
    reached = reached && ratio >= kTarget;
    std::printf("| ResNet-%d | %d | %s | %d | %s | %s | %.2f |\n", setting.depth, setting.batch,
                setting.granularity.c_str(), rounds, MedianAndRange(speeds.bare).c_str(),
                MedianAndRange(speeds.trainer).c_str(), ratio);
    std::fflush(stdout);
  }
  if (!reached) std::fprintf(stderr, "the target is a ratio of at least %.2f\n", kTarget);
  return reached ? 0 : 1;
}
