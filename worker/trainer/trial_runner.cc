// One trial from specification to end event; the border where exceptions stop.
#include "worker/trainer/trial_runner.h"

#include <cstdio>
#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/trainer/data_split.h"
#include "worker/trainer/device_pixels.h"
#include "worker/trainer/torch_runtime.h"
#include "worker/trainer/training.h"

namespace adares {

using trainer_protocol::EndEvent;

TrialRunner::TrialRunner(TrainerSetup setup, EventSink& sink)
    : setup_(std::move(setup)), sink_(sink), loader_(setup_.data_dir, setup_.cache_dir) {
  if (setup_.device != "cpu" || setup_.device_way) {
    device_pixels_ = std::make_shared<DevicePixels>();
  }
}

void TrialRunner::SendReady() {
  sink_.Send(trainer_protocol::ReadyEvent{setup_.version, LibTorchVersion(), setup_.device});
}

EndReason TrialRunner::Run(const Assignment& assignment) {
  EndEvent end;
  try {
    end = TrainToEnd(assignment);
  } catch (...) {
    end = EndOfException(std::current_exception());
  }
  if (end.reason == EndReason::kOutOfMemory) FreeDeviceMemory();
  const std::string reason(Name(end.reason));
  std::fprintf(stderr, "%s: %s%s%s\n", assignment.command.trial.c_str(), reason.c_str(),
               end.message.empty() ? "" : ": ", end.message.c_str());
  if (assignment.over) assignment.over();
  sink_.Send(end);
  return end.reason;
}

EndEvent TrialRunner::TrainToEnd(const Assignment& assignment) {
  const TrialSpec& spec = assignment.command.spec;
  const auto loaded = loader_.Load(spec.data);
  if (!loaded.ok()) return {EndReason::kError, std::string(loaded.status().message())};
  KeepPixelsOf(*loaded);
  const auto split = SplitData(spec, *loaded);
  if (!split.ok()) return {EndReason::kError, std::string(split.status().message())};
  const ImageData data = DataOfTrial(spec.data, *split, *loaded);
  TrainingInput input{spec, data, *split, setup_.device, DescribeRuntime(setup_.device)};
  // Weight decay moves dead taps too.
  input.live_taps_only = !setup_.keep_dead_taps && spec.train.weight_decay == 0;
  input.provenance["taps"] = input.live_taps_only ? "live" : "all";
  input.provenance["precision"] = std::string(Name(spec.train.precision));
  input.provenance["trainer"] = setup_.version;
  input.provenance["trainer_commit"] = setup_.commit;
  input.provenance["dataset"] = std::string(Name(spec.data.dataset));
  input.provenance["data_digest"] = data.digest;
  input.provenance["classes"] = absl::StrCat(data.classes);
  input.provenance["train_size"] = absl::StrCat(split->train.size());
  input.provenance["validation_size"] = absl::StrCat(split->validation.size());
  input.provenance["test_size"] = absl::StrCat(split->test.size());
  input.device_pixels = device_pixels_;
  input.capture_steps = setup_.capture_steps;
  input.checkpoints = assignment.command.checkpoints;
  input.checkpoint_request = assignment.checkpoint;
  input.provenance["noisy_labels"] = absl::StrCat(split->noisy_labels);
  return Train(input, sink_, *assignment.stop);
}

// The next trial may be a smaller one, and other trials may be on the device.
void TrialRunner::FreeDeviceMemory() {
  try {
    if (device_pixels_ != nullptr) device_pixels_->Clear();
    ReleaseFreedMemory(setup_.device);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "device memory cannot be given back: %s\n", error.what());
  }
}

void TrialRunner::KeepPixelsOf(const ImageData& data) {
  if (device_pixels_ == nullptr || pixels_of_.lock() == data.memory) return;
  device_pixels_->Clear();
  pixels_of_ = data.memory;
}

}  // namespace adares
