// Names, types and shapes of what a checkpoint holds beside the network.
#include "worker/trainer/state_tensors.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "worker/trainer/schedule.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr std::string_view kSteps = "optimizer.steps.";
constexpr std::string_view kFirst = "optimizer.first_moment.";
constexpr std::string_view kSecond = "optimizer.second_moment.";
constexpr std::string_view kMean = "moving_mean.";
constexpr std::string_view kWindow = "flags.";

Tensor Scalar(int64_t value) { return torch::tensor(value, torch::kInt64); }
Tensor Scalar(double value) { return torch::tensor(value, torch::kFloat64); }

// The four words of the state, the bits of the spare number, and whether there is one.
Tensor ToTensor(const Random& random) {
  const Random::State& state = random.state();
  std::vector<int64_t> words;
  for (const uint64_t word : state.words) words.push_back(std::bit_cast<int64_t>(word));
  words.push_back(std::bit_cast<int64_t>(state.spare_normal));
  words.push_back(state.has_spare_normal ? 1 : 0);
  return torch::tensor(words, torch::kInt64);
}

void AddTelemetry(const TrainingState& state, TensorMap& all) {
  const GradientMomentsState moments = state.gradient_moments.State();
  all["gradient_moments.mean"] = moments.mean;
  all["gradient_moments.square"] = moments.square;
  const LossWatch::State& losses = state.loss_watch.state();
  all["loss_watch.steps"] = Scalar(losses.steps);
  all["loss_watch.long_steps"] = Scalar(losses.long_steps);
  all["loss_watch.short_mean"] = Scalar(losses.short_mean);
  all["loss_watch.long_mean"] = Scalar(losses.long_mean);
  all["loss_watch.raised"] = Scalar(int64_t{losses.raised});
  const WeightFlags::State flags = state.weight_flags.GetState();
  for (const auto& [key, rows] : flags.windows) {
    all[absl::StrCat(std::string(kWindow), key)] = torch::tensor(rows, torch::kInt64);
  }
  all["drift.steps"] = torch::tensor(flags.drift_steps, torch::kInt64);
  all["drift.values"] = torch::tensor(flags.drift_values, torch::kFloat64);
}

void Add(TensorMap& all, std::string_view prefix, const TensorMap& tensors) {
  for (const auto& [name, tensor] : tensors) all[absl::StrCat(std::string(prefix), name)] = tensor;
}

// Hands out tensors by name and remembers the first that is not as it must be.
class TensorReader {
 public:
  explicit TensorReader(const TensorMap& tensors) : tensors_(tensors) {}

  int64_t Integer(const std::string& name) {
    const Tensor tensor = Get(name, torch::kInt64, 0);
    return tensor.defined() ? tensor.item<int64_t>() : 0;
  }

  // From 0 to `most`; 0 where it is another. Counts become indices.
  int64_t Count(const std::string& name, int64_t most) {
    const int64_t count = Integer(name);
    if (count >= 0 && count <= most) return count;
    Fail(absl::StrCat(Quoted(name), " is ", count, ", and has to be from 0 to ", most));
    return 0;
  }

  bool Flag(const std::string& name) { return Count(name, 1) == 1; }

  double Number(const std::string& name) {
    const Tensor tensor = Get(name, torch::kFloat64, 0);
    return tensor.defined() ? tensor.item<double>() : 0;
  }

  std::vector<int64_t> Integers(const std::string& name) {
    const Tensor tensor = Get(name, torch::kInt64, 1);
    if (!tensor.defined()) return {};
    const int64_t* const data = tensor.data_ptr<int64_t>();
    return {data, data + tensor.numel()};
  }

  std::vector<double> Numbers(const std::string& name) {
    const Tensor tensor = Row(name);
    if (!tensor.defined()) return {};
    const double* const data = tensor.data_ptr<double>();
    return {data, data + tensor.numel()};
  }

  // Of numbers; undefined where it is not there, or is another.
  Tensor Row(const std::string& name) { return Get(name, torch::kFloat64, 1); }

  Random::State RandomState(const std::string& name) {
    const std::vector<int64_t> words = Integers(name);
    Random::State state;
    const size_t count = state.words.size();
    // Words of zeros alone give zeros for ever, and whoever draws until a number fits hangs.
    if (words.size() != count + 2 || words[count + 1] < 0 || words[count + 1] > 1 ||
        std::all_of(words.begin(), words.begin() + std::ssize(state.words),
                    [](int64_t word) { return word == 0; })) {
      Fail(absl::StrCat(Quoted(name), " is no state of a random generator"));
      return state;
    }
    for (size_t i = 0; i < count; ++i) state.words[i] = std::bit_cast<uint64_t>(words[i]);
    state.spare_normal = std::bit_cast<double>(words[count]);
    state.has_spare_normal = words[count + 1] == 1;
    return state;
  }

  // All whose names have the prefix, under the rest of their names.
  TensorMap Below(std::string_view prefix) {
    TensorMap found;
    for (const auto& [name, tensor] : tensors_) {
      if (!name.starts_with(prefix)) continue;
      found[name.substr(prefix.size())] = tensor;
      known_.insert(name);
    }
    return found;
  }

  // Once all is read: what nobody asked for is of no state.
  void FailForTheRest() {
    for (const auto& [name, tensor] : tensors_) {
      if (!known_.contains(name)) Fail(absl::StrCat("has ", Quoted(name), ", which no state has"));
    }
  }

  void Fail(const std::string& cause) {
    status_.Update(absl::DataLossError(absl::StrCat(cause, "; remove this checkpoint")));
  }
  const absl::Status& status() const { return status_; }

 private:
  // An undefined tensor where it is not there, or is another.
  Tensor Get(const std::string& name, torch::ScalarType type, int64_t rank) {
    const auto found = tensors_.find(name);
    known_.insert(name);
    if (found == tensors_.end()) {
      Fail(absl::StrCat("lacks ", Quoted(name)));
      return {};
    }
    if (found->second.scalar_type() == type && found->second.dim() == rank) return found->second;
    Fail(absl::StrCat(Quoted(name), " has another type or shape than it must have"));
    return {};
  }

  const TensorMap& tensors_;
  std::set<std::string> known_;  // whose names were asked for
  absl::Status status_;
};

// The order must be one of the examples that the trial has. The checksums are right, so that
// another order is of another division of the data.
absl::Status RestoreOrder(const std::vector<int64_t>& stored, std::vector<uint32_t>& order) {
  std::vector<int64_t> sorted = stored;
  std::sort(sorted.begin(), sorted.end());
  std::vector<int64_t> expected(order.begin(), order.end());
  std::sort(expected.begin(), expected.end());
  if (sorted != expected) {
    return absl::FailedPreconditionError(
        "was trained on other examples than this version of adares-trainer chooses; use the "
        "version that wrote it, or take another folder for checkpoints");
  }
  std::transform(stored.begin(), stored.end(), order.begin(),
                 [](int64_t index) { return static_cast<uint32_t>(index); });
  return absl::OkStatus();
}

// Takes over where the run is.
void RestorePlace(TensorReader& reader, const TrainSpec& train, TrainingState& state) {
  const int64_t steps_per_epoch = StepsPerEpoch(std::ssize(state.order), train.batch_size);
  state.epoch = reader.Count("epoch", train.epochs);
  // Between epochs, and so after the last one, it is 0; before an epoch's rows it is all.
  const bool is_trained = state.epoch == train.epochs;
  state.epoch_step = reader.Count("epoch_step", is_trained ? 0 : steps_per_epoch);
  state.step = reader.Count("step", train.epochs * steps_per_epoch);
  if (state.step != state.epoch * steps_per_epoch + state.epoch_step) {
    reader.Fail(absl::StrCat("\"step\" is ", state.step, ", which is not after ", state.epoch,
                             " epochs and ", state.epoch_step, " steps"));
  }
}

// Takes over the sums of the epoch. At its end they are of all its examples.
void RestoreSums(TensorReader& reader, const TrainSpec& train, TrainingState& state) {
  const double loss = reader.Number("train.loss_sum");
  const int64_t examples = reader.Count("train.examples", std::ssize(state.order));
  const bool has_all_steps = state.epoch_step * train.batch_size >= std::ssize(state.order);
  if (has_all_steps && examples != std::ssize(state.order)) {
    reader.Fail(absl::StrCat("\"train.examples\" is ", examples, " after a whole epoch"));
  }
  state.train_means = ExampleMeans({loss, reader.Count("train.correct", examples), examples});
  state.epoch_seconds = reader.Number("epoch_seconds");
  state.learning_rate = reader.Number("learning_rate");
}

// Takes over all but the moments of gradients.
void RestoreWatches(TensorReader& reader, TrainingState& state) {
  const int64_t losses = reader.Count("loss_watch.steps", state.step);
  state.loss_watch.Restore({losses, reader.Count("loss_watch.long_steps", losses),
                            reader.Number("loss_watch.short_mean"),
                            reader.Number("loss_watch.long_mean"),
                            reader.Flag("loss_watch.raised")});
  WeightFlags::State flags{{}, reader.Integers("drift.steps"), reader.Numbers("drift.values")};
  for (const auto& [key, tensor] : reader.Below(kWindow)) {
    flags.windows[key] = reader.Integers(absl::StrCat(std::string(kWindow), key));
  }
  if (!state.weight_flags.Restore(flags)) reader.Fail("the flags are no flags of a run");
}

}  // namespace

TensorMap TensorsOfState(const TrainingState& state) {
  TensorMap all;
  const OptimizerState optimizer = state.optimizer.State();
  for (const auto& [name, steps] : optimizer.steps) {
    all[absl::StrCat(std::string(kSteps), name)] = Scalar(steps);
  }
  Add(all, kFirst, optimizer.first_moments);
  Add(all, kSecond, optimizer.second_moments);
  const MovingMeanState mean = state.moving_mean.State();
  all["moving_mean_updates"] = Scalar(mean.updates);
  Add(all, kMean, mean.means);
  all["random.order"] = ToTensor(state.order_random);
  all["random.augmentation"] = ToTensor(state.augmentation_random);
  all["random.branches"] = ToTensor(state.branch_random);
  const std::vector<int64_t> order(state.order.begin(), state.order.end());
  AddTelemetry(state, all);
  all["order"] = torch::tensor(order, torch::kInt64);
  all["step"] = Scalar(state.step);
  all["epoch"] = Scalar(state.epoch);
  all["epoch_step"] = Scalar(state.epoch_step);
  const ExampleMeans::Sums sums = state.train_means.sums();
  all["train.loss_sum"] = Scalar(sums.loss);
  all["train.correct"] = Scalar(sums.correct);
  all["train.examples"] = Scalar(sums.examples);
  all["epoch_seconds"] = Scalar(state.epoch_seconds);
  all["learning_rate"] = Scalar(state.learning_rate);
  return all;
}

absl::Status RestoreState(const TensorMap& tensors, const TrainSpec& train, TrainingState& state) {
  TensorReader reader(tensors);
  // First, since other examples make other numbers of steps.
  const std::vector<int64_t> order = reader.Integers("order");
  ADARES_RETURN_IF_ERROR(reader.status());
  ADARES_RETURN_IF_ERROR(RestoreOrder(order, state.order));
  RestorePlace(reader, train, state);
  RestoreSums(reader, train, state);
  OptimizerState optimizer{{}, reader.Below(kFirst), reader.Below(kSecond)};
  for (const auto& [name, steps] : reader.Below(kSteps)) {
    optimizer.steps[name] = reader.Count(absl::StrCat(std::string(kSteps), name), state.step);
  }
  const MovingMeanState mean{reader.Count("moving_mean_updates", state.step), reader.Below(kMean)};
  const Random::State order_random = reader.RandomState("random.order");
  const Random::State augmentation_random = reader.RandomState("random.augmentation");
  const Random::State branch_random = reader.RandomState("random.branches");
  const GradientMomentsState moments{reader.Row("gradient_moments.mean"),
                                     reader.Row("gradient_moments.square")};
  RestoreWatches(reader, state);
  reader.FailForTheRest();
  ADARES_RETURN_IF_ERROR(reader.status());
  state.order_random.Restore(order_random);
  state.augmentation_random.Restore(augmentation_random);
  state.branch_random.Restore(branch_random);
  ADARES_RETURN_IF_ERROR(state.optimizer.Restore(optimizer));
  ADARES_RETURN_IF_ERROR(state.gradient_moments.Restore(moments));
  return state.moving_mean.Restore(mean);
}

}  // namespace adares
