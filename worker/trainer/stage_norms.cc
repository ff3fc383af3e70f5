// Which parameters count, and sums over the stages.
#include "worker/trainer/stage_norms.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "absl/strings/str_cat.h"
#include "worker/trainer/squares.h"

namespace adares {
namespace {

using torch::Tensor;

bool HasNorms(const AdaResNet& model) {
  for (const std::shared_ptr<torch::nn::Module>& module : model->modules(false)) {
    if (module->as<BatchNormImpl>() != nullptr) return true;
  }
  return false;
}

struct Sums {
  double gradient = 0;
  double update = 0;
  double parameter = 0;
};

}  // namespace

StageNorms::StageNorms(const AdaResNet& model) {
  for (const AdaResNetImpl::Site& site : model->sites()) {
    const std::string stage = site.name.substr(0, site.name.find('.'));
    if (stages_.empty() || stages_.back() != stage) stages_.push_back(stage);
  }
  const bool has_norms = HasNorms(model);
  const std::vector<Tensor> skip_parameters = model->SkipParameters();
  for (const auto& item : model->named_modules("", /*include_self=*/false)) {
    const auto stage =
        std::find(stages_.begin(), stages_.end(), item.key().substr(0, item.key().find('.')));
    const auto convolution = std::dynamic_pointer_cast<ConvolutionImpl>(item.value());
    for (const auto& own : item.value()->named_parameters(/*recurse=*/false)) {
      const bool is_skip_weight =
          std::any_of(skip_parameters.begin(), skip_parameters.end(),
                      [&](const Tensor& skip) { return skip.is_same(own.value()); });
      if (is_skip_weight) continue;
      const bool is_kernel = convolution != nullptr && own.key() == "weight";
      if (convolution != nullptr && !is_kernel && has_norms) continue;
      parts_.push_back({own.value(), Convolution(is_kernel ? convolution : nullptr),
                        static_cast<size_t>(stage - stages_.begin())});
    }
  }
}

Tensor StageNorms::Live(const Part& part) const {
  const Tensor parameter = part.parameter.detach();
  return part.convolution.is_empty() ? parameter : part.convolution->LivePart(parameter);
}

void StageNorms::Before() {
  std::vector<Tensor> gradients;
  before_.clear();
  for (const Part& part : parts_) {
    const Tensor& gradient = part.parameter.grad();
    gradients.push_back(gradient.defined() ? gradient : torch::zeros_like(part.parameter));
    before_.push_back(Live(part).clone());
  }
  gradients_ = SquaresOf(gradients);
}

void StageNorms::After() {
  updates_.clear();
  for (size_t i = 0; i < parts_.size(); ++i) {
    updates_.push_back(SquaresOfDifference(Live(parts_[i]), before_[i]));
  }
  sizes_ = SquaresOf(before_);
  before_.clear();
}

std::vector<MetricPoint> StageNorms::Points(int64_t step, int64_t epoch) const {
  std::vector<Tensor> tensors = gradients_;
  tensors.insert(tensors.end(), updates_.begin(), updates_.end());
  tensors.insert(tensors.end(), sizes_.begin(), sizes_.end());
  const std::vector<double> values = Values(tensors);
  std::vector<Sums> stages(stages_.size() + 1);  // the last row for what is in no stage
  Sums all;
  for (size_t i = 0; i < parts_.size(); ++i) {
    for (Sums* sums : {&stages[parts_[i].stage], &all}) {
      sums->gradient += values[i];
      sums->update += values[parts_.size() + i];
      sums->parameter += values[2 * parts_.size() + i];
    }
  }
  std::vector<MetricPoint> points;
  const auto add = [&](const std::string& key, double value) {
    points.push_back({key, step, epoch, value});
  };
  const auto add_part = [&](const std::string& name, const Sums& sums) {
    add(metric::kGradientNorm + name, std::sqrt(sums.gradient));
    add(metric::kUpdateRatio + name, std::sqrt(sums.update / sums.parameter));
  };
  for (size_t i = 0; i < stages_.size(); ++i) add_part(stages_[i], stages[i]);
  add_part("all", all);
  add(std::string(metric::kGradientNorm) + "first_to_last",
      std::sqrt(stages[0].gradient / stages[stages_.size() - 1].gradient));
  return points;
}

}  // namespace adares
