// Compares adares-trainer with the bare loop: for each setting runs both in turn, several times,
// and prints the medians of their images per second, the slowest and the fastest, the ratio of the
// medians, and the trainer's share of what the machine does in products of matrices. Exit status 1
// where a ratio is below the target.
//
//   adares-bench-trainer ROUNDS THREADS NETWORK:BATCH:GRANULARITY:PRECISION...
//
// on a machine that does nothing else, for example `5 2 cifar-20:128:block:fp32`. The trainer
// trains on CIFAR-10 ($ADARES_DATA_DIR) with crops and flips, or on the synthetic set of the same
// shape with crops where that is not set, and sends all telemetry. Its figure is its second
// epoch's: the first pays for LibTorch's set-up, as the bare loop's warm-up steps do. `paper-18`
// keeps its dead taps, as the bare loop has them.
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

constexpr int kImages = 5120;  // of an epoch
constexpr double kTarget = 0.97;

struct Setting {
  std::string network;  // "cifar-20", "paper-18"
  int batch = 0;
  std::string granularity;
  std::string precision;
};

struct Measurement {
  std::vector<double> bare;     // images a second
  std::vector<double> trainer;  // likewise
  double multiplications = 0;   // of one picture's forward pass
};

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "adares-bench-trainer: %s\n", message.c_str());
  std::exit(2);
}

Setting ParseSetting(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  Setting setting;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[1], &setting.batch) || setting.batch < 1) {
    Fail(text + ": expected NETWORK:BATCH:GRANULARITY:PRECISION");
  }
  setting.network = parts[0];
  setting.granularity = parts[2];
  setting.precision = parts[3];
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
  const std::vector<std::string> network = absl::StrSplit(setting.network, '-');
  if (network.size() != 2) Fail(setting.network + ": expected FAMILY-DEPTH");
  const std::string optimizer = network[0] == "paper"
                                    ? R"("optimizer":"adam","lr":0.001)"
                                    : R"("optimizer":"sgd","weight_decay":0.0001)";
  const auto spec = adares::ParseTrialSpec(absl::StrFormat(
      R"({"model":{"family":"%s","depth":%s,"skip":{"granularity":"%s"}},)"
      R"("data":{"dataset":"%s","augment":"%s","train_size":%d,"validation_size":256,)"
      R"("test_size":256},"train":{"epochs":2,"batch_size":%d,"precision":"%s",%s}})",
      network[0], network[1], setting.granularity, real ? "cifar10" : "synthetic",
      real ? "crop-flip" : "crop", kImages, setting.batch, setting.precision, optimizer));
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

std::string Program(const std::string& name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

// The numbers that `command` writes.
std::vector<double> Numbers(const std::string& command) {
  std::vector<double> numbers;
  for (const auto word :
       absl::StrSplit(Output(command), absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    double number = 0;
    if (!absl::SimpleAtod(word, &number)) Fail("no number: " + std::string(word));
    numbers.push_back(number);
  }
  return numbers;
}

Measurement Measure(const Setting& setting, int rounds, int threads) {
  const std::filesystem::path spec_path =
      std::filesystem::temp_directory_path() / absl::StrCat("adares-bench-", getpid(), ".json");
  std::ofstream(spec_path) << adares::CanonicalJson(SpecOf(setting));
  const std::string trainer =
      absl::StrCat(Program("adares-trainer"), " --device cpu --keep-dead-taps --threads ", threads,
                   " --spec ", spec_path.string(), " 2>/dev/null");
  const std::string bare =
      absl::StrCat(Program("adares-bench-bare-loop"), " ", threads, " ", setting.network, " ",
                   setting.batch, " ", setting.precision, " ", kImages / setting.batch);
  Measurement measured;
  for (int round = 1; round <= rounds; ++round) {
    const std::vector<double> numbers = Numbers(bare);
    if (numbers.size() != 2) Fail("expected two numbers of: " + bare);
    measured.bare.push_back(numbers[0]);
    measured.multiplications = numbers[1];
    measured.trainer.push_back(LastSpeed(Output(trainer)));
    std::fprintf(stderr, "round %d: bare loop %.1f, adares-trainer %.1f\n", round,
                 measured.bare.back(), measured.trainer.back());
  }
  std::filesystem::remove(spec_path);
  return measured;
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

// Backward takes two products for each of the forward pass, by the input and by the kernel.
double OperationsOf(double multiplications) { return 3 * 2 * multiplications; }

}  // namespace

int main(int argc, char** argv) {
  int rounds = 0;
  int threads = 0;
  if (argc < 4 || !absl::SimpleAtoi(argv[1], &rounds) || rounds < 1 ||
      !absl::SimpleAtoi(argv[2], &threads) || threads < 1) {
    Fail("usage: adares-bench-trainer ROUNDS THREADS NETWORK:BATCH:GRANULARITY:PRECISION...");
  }
  const std::vector<double> peak =
      Numbers(absl::StrCat(Program("adares-bench-sgemm-peak"), " ", threads));
  if (peak.size() != 1) Fail("expected one number of adares-bench-sgemm-peak");
  std::printf("fp32 products of matrices, %d threads: %.0f GFLOP/s at best\n\n", threads, peak[0]);
  std::printf(
      "| network | batch | granularity | precision | rounds | bare loop, images/s | "
      "adares-trainer, images/s | ratio | share of the products' peak |\n"
      "|---|---|---|---|---|---|---|---|---|\n");
  bool reached = true;
  for (int i = 3; i < argc; ++i) {
    const Setting setting = ParseSetting(argv[i]);
    const Measurement measured = Measure(setting, rounds, threads);
    const double speed = Median(measured.trainer);
    const double ratio = speed / Median(measured.bare);
    reached = reached && ratio >= kTarget;
    std::printf("| %s | %d | %s | %s | %d | %s | %s | %.2f | %.0f %% |\n", setting.network.c_str(),
                setting.batch, setting.granularity.c_str(), setting.precision.c_str(), rounds,
                MedianAndRange(measured.bare).c_str(), MedianAndRange(measured.trainer).c_str(),
                ratio, 100 * speed * OperationsOf(measured.multiplications) / (peak[0] * 1e9));
    std::fflush(stdout);
  }
  if (!reached) std::fprintf(stderr, "the target is a ratio of at least %.2f\n", kTarget);
  return reached ? 0 : 1;
}
