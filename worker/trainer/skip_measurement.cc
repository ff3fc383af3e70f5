// A forward pass that sets weights on its way.
#include "worker/trainer/skip_measurement.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "core/number_text.h"
#include "core/status.h"

namespace adares {
namespace {

using torch::Tensor;

// Puts running statistics and the mode back when it goes.
class UntouchedNorms {
 public:
  explicit UntouchedNorms(AdaResNet& model) : model_(model), training_(model->is_training()) {
    for (const std::shared_ptr<torch::nn::Module>& module : model->modules(false)) {
      const auto* norm = module->as<BatchNormImpl>();
      if (norm == nullptr) continue;
      for (const Tensor& buffer : norm->buffers()) kept_.push_back({buffer, buffer.clone()});
    }
    model->train();
  }
  ~UntouchedNorms() {
    const torch::NoGradGuard no_grad;
    for (const Kept& kept : kept_) kept.buffer.copy_(kept.value);
    model_->train(training_);
  }
  UntouchedNorms(const UntouchedNorms&) = delete;
  UntouchedNorms& operator=(const UntouchedNorms&) = delete;

 private:
  struct Kept {
    Tensor buffer, value;
  };
  AdaResNet& model_;
  const bool training_;
  std::vector<Kept> kept_;
};

// Moments of all elements that were added.
class Elements {
 public:
  void Add(const Tensor& x) {
    const Tensor exact = x.to(torch::kFloat64);
    count_ += static_cast<double>(exact.numel());
    sum_ += exact.sum().item<double>();
    squares_ += exact.square().sum().item<double>();
  }
  double RootMeanSquare() const { return std::sqrt(squares_ / count_); }
  double Variance() const { return squares_ / count_ - sum_ / count_ * (sum_ / count_); }

 private:
  double count_ = 0, sum_ = 0, squares_ = 0;
};

// What a block's paths are on all batches.
struct PathSizes {
  Elements tfd, ipd;
};

absl::Status CannotSet(const AdaResNetImpl::Site& site, const std::string& init, const char* path,
                       const char* what, double size) {
  return absl::FailedPreconditionError(
      absl::StrCat("model.skip.init ", init, ": the ", path, " of block ", site.name, " has ", what,
                   " ", FormatNumber(size),
                   " on the batches measured, so that no weight fits it; take another init"));
}

// `match-rms`.
absl::StatusOr<double> Matched(const AdaResNetImpl::Site& site, const PathSizes& sizes) {
  constexpr char kWhat[] = "root mean square";
  const double ratio = site.weight.measured->value;
  const std::string init = absl::StrCat("match-rms(", FormatNumber(ratio), ")");
  const bool on_skip = site.weight.placement == SkipPlacement::kSkip;
  const double tfd = sizes.tfd.RootMeanSquare();
  const double ipd = sizes.ipd.RootMeanSquare();
  if (!std::isfinite(tfd) || (!on_skip && tfd == 0)) {
    return CannotSet(site, init, "residual path", kWhat, tfd);
  }
  if (!std::isfinite(ipd) || (on_skip && ipd == 0)) {
    return CannotSet(site, init, "skip path", kWhat, ipd);
  }
  return ratio * (on_skip ? tfd / ipd : ipd / tfd);
}

// `admin`. `before` is the variance that the skip path shall have.
absl::StatusOr<double> Admin(const AdaResNetImpl::Site& site, const PathSizes& sizes,
                             double before) {
  const double ipd = sizes.ipd.Variance();
  if (std::isfinite(before) && std::isfinite(ipd) && ipd > 0) return std::sqrt(before / ipd);
  return CannotSet(site, "admin", "skip path", "variance", ipd);
}

absl::Status Set(const AdaResNetImpl::Site& site, const PathSizes& sizes, double before) {
  const SkipWeight& weight = site.weight;
  const bool admin = weight.measured->kind == SkipInit::Kind::kAdmin;
  const auto value = admin ? Admin(site, sizes, before) : Matched(site, sizes);
  if (!value.ok()) return value.status();
  Tensor raw = weight.raw;
  raw.fill_(RawValue(weight.constraint, *value));
  return absl::OkStatus();
}

}  // namespace

int64_t MeasuredBatches(const SkipSpec& spec) {
  int64_t batches = 0;
  for (const std::optional<SkipInit>& own : {spec.init_identity, spec.init_convolutional}) {
    const SkipInit init = own.value_or(spec.init);
    const bool measured =
        init.kind == SkipInit::Kind::kMatchRms || init.kind == SkipInit::Kind::kAdmin;
    if (measured) batches = std::max(batches, init.batches);
  }
  return batches;
}

absl::Status InitialiseSkipWeights(AdaResNet& model, const std::vector<Tensor>& batches) {
  const torch::NoGradGuard no_grad;
  const UntouchedNorms untouched(model);
  std::vector<Tensor> inputs;  // of the block, for each batch
  for (const Tensor& images : batches) inputs.push_back(model->Stem(images));
  double added_up = 0;  // variance, for `admin`
  for (size_t i = 0; i < model->blocks().size(); ++i) {
    ResidualBlock& block = model->blocks()[i];
    const AdaResNetImpl::Site& site = model->sites()[i];
    std::vector<ResidualBlockImpl::Paths> paths;
    PathSizes sizes;
    for (const Tensor& x : inputs) {
      paths.push_back(block->PathsOf(x));
      sizes.tfd.Add(paths.back().tfd);
      sizes.ipd.Add(paths.back().ipd);
    }
    if (i == 0) added_up = sizes.ipd.Variance();
    if (site.weight.measured) ADARES_RETURN_IF_ERROR(Set(site, sizes, added_up));
    added_up += sizes.tfd.Variance();
    for (size_t k = 0; k < inputs.size(); ++k) inputs[k] = block->Sum(paths[k]);
  }
  return absl::OkStatus();
}

}  // namespace adares
