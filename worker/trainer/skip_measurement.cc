// One forward pass that sets weights on its way.
#include "worker/trainer/skip_measurement.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

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

double RootMeanSquare(const Tensor& x) {
  return x.to(torch::kFloat64).square().mean().sqrt().item<double>();
}

absl::Status CannotMatch(const AdaResNetImpl::Site& site, const char* path, double size) {
  return absl::FailedPreconditionError(
      absl::StrCat("model.skip.init match-rms(", FormatNumber(*site.weight.match_ratio), "): the ",
                   path, " of block ", site.name, " has root mean square ", FormatNumber(size),
                   " on the first batch, so that no weight matches it; take another init"));
}

absl::Status Match(const AdaResNetImpl::Site& site, const ResidualBlockImpl::Paths& paths) {
  const SkipWeight& weight = site.weight;
  const bool on_skip = weight.placement == SkipPlacement::kSkip;
  const double tfd = RootMeanSquare(paths.tfd);
  const double ipd = RootMeanSquare(paths.ipd);
  if (!std::isfinite(tfd) || (!on_skip && tfd == 0)) {
    return CannotMatch(site, "residual path", tfd);
  }
  if (!std::isfinite(ipd) || (on_skip && ipd == 0)) return CannotMatch(site, "skip path", ipd);
  const double matched = *weight.match_ratio * (on_skip ? tfd / ipd : ipd / tfd);
  Tensor raw = weight.raw;
  raw.fill_(RawValue(weight.constraint, matched));
  return absl::OkStatus();
}

}  // namespace

bool IsMeasured(const SkipSpec& spec) {
  const auto measured = [&](const std::optional<SkipInit>& own) {
    return own.value_or(spec.init).kind == SkipInit::Kind::kMatchRms;
  };
  return measured(spec.init_identity) || measured(spec.init_convolutional);
}

absl::Status InitialiseSkipWeights(AdaResNet& model, const Tensor& images) {
  const torch::NoGradGuard no_grad;
  const UntouchedNorms untouched(model);
  Tensor x = model->Stem(images);
  for (size_t i = 0; i < model->blocks().size(); ++i) {
    ResidualBlock& block = model->blocks()[i];
    const ResidualBlockImpl::Paths paths = block->PathsOf(x);
    const AdaResNetImpl::Site& site = model->sites()[i];
    if (site.weight.match_ratio) ADARES_RETURN_IF_ERROR(Match(site, paths));
    x = block->Sum(paths);
  }
  return absl::OkStatus();
}

}  // namespace adares
