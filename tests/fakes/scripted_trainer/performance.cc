#include "tests/fakes/scripted_trainer/performance.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>
#include <vector>

namespace adares::fakes {
namespace {

namespace protocol = trainer_protocol;
using std::chrono::milliseconds;

constexpr milliseconds kGatePoll{5};

class Performance {
 public:
  Performance(const Script& script, const protocol::TrainCommand& command, Stage& stage)
      : script_(script),
        spec_(command.spec),
        attempt_(command.attempt),
        order_(command.checkpoints),
        stage_(stage) {
    epochs_ = script.epochs.value_or(spec_.train.epochs);
    steps_per_epoch_ = std::max<int64_t>(1, script.points_per_epoch);
  }

  void Play(const std::string& gate) {
    if (script_.end == Ending::kMute) {
      std::cout << "half a line" << std::flush;
      std::_Exit(static_cast<int>(script_.end_number));
    }
    std::cout << "trial begins, seed " << spec_.seed << std::endl;
    const int64_t done = NewestCheckpoint();
    stage_.Say(protocol::StartEvent{epochs_ * steps_per_epoch_,
                                    epochs_,
                                    1000,
                                    {{"trainer", "scripted"}},
                                    done * steps_per_epoch_});
    if (done == 0) SayWeights(0);
    for (int64_t epoch = done + 1; epoch <= epochs_; ++epoch) {
      PlayEpoch(epoch);
      if (Checkpoints() && epoch % script_.checkpoint_every == 0) WriteCheckpoint(epoch);
      if (stage_.Wait(milliseconds(script_.delay_ms)) && Heeds()) return Stop(epoch);
      if (epoch != script_.gate_after || gate.empty()) continue;
      while (!std::filesystem::exists(gate)) {
        if (stage_.Wait(kGatePoll) && Heeds()) return Stop(epoch);
      }
    }
    End();
  }

 private:
  bool Heeds() const {
    return script_.end != Ending::kHang && script_.end != Ending::kDeaf &&
           script_.end != Ending::kHeedless;
  }

  bool Checkpoints() const { return script_.checkpoint_every > 0 && !order_.folder.empty(); }

  // The epochs of the newest one to go on from; 0 where there is none.
  int64_t NewestCheckpoint() const {
    if (order_.folder.empty() || !order_.resume) return 0;
    for (int64_t epoch = epochs_; epoch > 0; --epoch) {
      if (std::filesystem::exists(FolderOf(epoch))) return epoch;
    }
    return 0;
  }

  std::string FolderOf(int64_t epoch) const {
    return order_.folder + "/" + protocol::CheckpointFolderName(epoch * steps_per_epoch_);
  }

  void WriteCheckpoint(int64_t epoch) {
    std::filesystem::create_directories(FolderOf(epoch));
    std::ofstream(FolderOf(epoch) + "/model") << "model of seed " << spec_.seed << ", " << epoch;
    std::ofstream(FolderOf(epoch) + "/state") << "state of seed " << spec_.seed << ", " << epoch;
    last_checkpoint_ = epoch;
    stage_.Say(protocol::CheckpointEvent{epoch * steps_per_epoch_, epoch, order_.folder});
  }

  void Stop(int64_t epoch) {
    if (Checkpoints() && epoch != last_checkpoint_) WriteCheckpoint(epoch);
    SayStopped();
  }

  void SayStopped() { stage_.Say(protocol::EndEvent{EndReason::kCancelled, "stopped"}); }

  void PlayEpoch(int64_t epoch) {
    for (int64_t i = 0; i < script_.log_lines; ++i) {
      std::cout << "epoch " << epoch << " line " << i + 1 << "\n";
    }
    std::cout.flush();
    for (int64_t i = 1; i <= steps_per_epoch_; ++i) {
      const int64_t step = (epoch - 1) * steps_per_epoch_ + i;
      const bool last = i == steps_per_epoch_;
      const int64_t done = last ? epoch : epoch - 1;
      std::vector<MetricPoint> points = {{metric::kTrainLoss, step, done, Loss(step)}};
      if (script_.attempt_points) {
        points.push_back({"attempt/number", step, done, static_cast<double>(attempt_)});
      }
      stage_.Say(protocol::PointsEvent{std::move(points)});
    }
    SayEpoch(epoch);
    SayWeights(epoch);
    if (script_.flag_after > 0) SayFlag(epoch);
    stage_.Say(protocol::ProgressEvent{epoch * steps_per_epoch_, epoch, 1000});
  }

  void SayEpoch(int64_t epoch) {
    const int64_t step = epoch * steps_per_epoch_;
    std::vector<MetricPoint> points;
    const auto add = [&](const char* key, double value) {
      points.push_back({key, step, epoch, value});
    };
    add(metric::kTrainAccuracy, Accuracy(step));
    add(metric::kValidationLoss, Loss(step) * 1.1);
    add(metric::kValidationAccuracy, Accuracy(step) - 0.01);
    add(metric::kLearningRate, spec_.train.lr);
    add(metric::kEpochSeconds, 0.5);
    add(metric::kImagesPerSecond, 1000);
    if (epoch == epochs_ && script_.end == Ending::kFinished) {
      add(metric::kTestLoss, Loss(step) * 1.2);
      add(metric::kTestAccuracy, Accuracy(step) - 0.02);
    }
    stage_.Say(protocol::PointsEvent{std::move(points)});
  }

  void SayWeights(int64_t epoch) {
    std::vector<SkipWeightPoint> weights;
    double weight = spec_.model.skip.init.value;
    for (const char* site : {"layer1.0", "layer2.0", "layer3.0"}) {
      weight += 0.01 * static_cast<double>(epoch + spec_.seed % 5);
      const double gradient = epoch == 0 ? std::nan("") : -0.001 * weight;
      SkipWeightPoint point{site, epoch * steps_per_epoch_, epoch, weight, gradient};
      point.s = weight;
      point.r = 1;
      if (epoch > 0) point.skip_share = weight * weight / (1 + weight * weight);
      weights.push_back(point);
    }
    stage_.Say(protocol::SkipWeightsEvent{std::move(weights)});
  }

  void SayFlag(int64_t epoch) {
    const int64_t since = epoch - script_.flag_after;
    if (since != 0 && since != 1) return;
    stage_.Say(protocol::FlagEvent{{FlagKind::kClosed, "layer1.0", epoch * steps_per_epoch_, epoch,
                                    since == 0, "the script says so"}});
  }

  // Falls from about 2.3; a little different for each seed and each granularity.
  double Loss(int64_t step) const {
    const double granularity = static_cast<double>(spec_.model.skip.granularity);
    return 2.3 * std::exp(-0.5 * static_cast<double>(step)) + 0.05 - 0.005 * granularity +
           0.001 * static_cast<double>(spec_.seed % 7);
  }

  double Accuracy(int64_t step) const { return 1 - Loss(step) / 2.6; }

  void End() {
    if (script_.half_line) std::cout << "half a line" << std::flush;
    switch (script_.end) {
      case Ending::kFinished:
      case Ending::kHeedless:
        return stage_.Say(protocol::EndEvent{EndReason::kFinished, "", {{"results", "scripted"}}});
      case Ending::kDiverged:
        return stage_.Say(protocol::EndEvent{EndReason::kDiverged, "the loss is not finite"});
      case Ending::kError:
        std::cerr << "scripted: about to fail" << std::endl;
        return stage_.Say(protocol::EndEvent{EndReason::kError, "the script says so"});
      case Ending::kMemory:
        std::cerr << "scripted: about to fail" << std::endl;
        return stage_.Say(protocol::EndEvent{EndReason::kOutOfMemory, "the script says so"});
      case Ending::kStopped:
        return SayStopped();
      case Ending::kFlood:
        return Flood();
      case Ending::kDeaf:
        stage_.Say(protocol::EndEvent{});
        std::_Exit(0);
      case Ending::kLinger:
        stage_.Say(protocol::EndEvent{});
        while (true) pause();
      default:
        EndWithoutWord();
    }
  }

  void Flood() {
    const int64_t first = epochs_ * steps_per_epoch_;
    for (int64_t i = 1; i <= script_.end_number; ++i) {
      stage_.Say(
          protocol::PointsEvent{{{"flood/value", first + i, epochs_, static_cast<double>(i)}}});
    }
    stage_.Say(protocol::EndEvent{});
  }

  [[noreturn]] void EndWithoutWord() {
    if (script_.end == Ending::kExit) {
      std::cerr << "scripted: leaving" << std::endl;
      std::_Exit(static_cast<int>(script_.end_number));
    }
    if (script_.end == Ending::kKilled) std::raise(SIGKILL);
    if (script_.end == Ending::kCrash) {
      std::signal(SIGSEGV, SIG_DFL);  // sanitizers have a handler of their own
      std::raise(SIGSEGV);
    }
    if (script_.end == Ending::kGarbage) stage_.Say("{\"type\": \"nonsense\"\n");
    if (script_.end == Ending::kEndless) {
      const std::string part(1 << 16, 'x');
      while (true) stage_.Say(part);
    }
    stage_.WaitForEndOfFile();
  }

  const Script& script_;
  const TrialSpec& spec_;
  const int64_t attempt_;
  const protocol::CheckpointOrder& order_;
  Stage& stage_;
  int64_t last_checkpoint_ = 0;  // its epoch
  int64_t epochs_ = 0;
  int64_t steps_per_epoch_ = 1;
};

}  // namespace

void Perform(const Script& script, const protocol::TrainCommand& command, const std::string& gate,
             Stage& stage) {
  Performance(script, command, stage).Play(gate);
  if (script.then == Afterwards::kLeave) std::_Exit(5);
}

}  // namespace adares::fakes
