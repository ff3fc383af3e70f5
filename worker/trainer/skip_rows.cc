// Everything that is read of the weights is gathered on the device and read at once.
#include "worker/trainer/skip_rows.h"

#include <array>
#include <set>
#include <string>

#include "worker/trainer/squares.h"

namespace adares {
namespace {

using torch::Tensor;

// Placement `both` has a second weight at each site, which has rows and looks of its own.
std::string NameOfSecond(const std::string& name) { return name + ".residual"; }

// The place of a raw parameter among the learned ones; their count where it is frozen.
size_t PlaceOf(const Tensor& raw, const std::vector<Tensor>& learned) {
  size_t place = 0;
  while (place < learned.size() && !learned[place].is_same(raw)) ++place;
  return place;
}

// Whether a condition of the channels holds for most of them.
template <typename Condition>
bool HoldsForMost(int64_t channels, const Condition& condition) {
  int64_t held = 0;
  for (int64_t i = 0; i < channels; ++i) held += condition(i) ? 1 : 0;
  return 2 * held > channels;
}

// Of each channel the raw parameter, the weight and the gradient: three runs of float64.
Tensor NumbersOf(const Tensor& raw, const Tensor& weight) {
  const auto flat = [](const Tensor& tensor) {
    return tensor.detach().reshape({-1}).to(torch::kFloat64);
  };
  const Tensor numbers = flat(raw);
  const Tensor gradient = raw.grad();
  return torch::cat(
      {numbers, flat(weight), gradient.defined() ? flat(gradient) : torch::zeros_like(numbers)});
}

// `numbers` are those of NumbersOf.
WeightLook LookAt(const std::string& name, const SkipConstraint& constraint, int64_t channels,
                  const double* numbers) {
  const double* const raw = numbers;
  const double* const values = raw + channels;
  const double* const gradients = values + channels;
  WeightLook look{name};
  for (int64_t i = 0; i < channels; ++i) look.value += values[i] / static_cast<double>(channels);
  look.saturated = HoldsForMost(
      channels, [&](int64_t i) { return IsSaturated(constraint, raw[i], gradients[i]); });
  look.closed = HoldsForMost(channels, [&](int64_t i) { return IsClosed(values[i]); });
  return look;
}

// What a site's rows tell: means of s and r over the channels, and the sums of the gradients of
// its parameter and of its second one.
constexpr size_t kRowNumbers = 4;
std::array<Tensor, kRowNumbers> RowNumbers(const SkipWeight& weight) {
  const Tensor& raw = weight.raw;
  const auto options =
      (raw.defined() ? raw.options() : torch::TensorOptions()).dtype(torch::kFloat64);
  const auto mean = [&options](const Tensor& coefficient) {
    return coefficient.defined() ? coefficient.to(torch::kFloat64).mean()
                                 : torch::ones({}, options);
  };
  const auto gradient = [&options](const Tensor& parameter) {
    return parameter.defined() && parameter.grad().defined()
               ? parameter.grad().to(torch::kFloat64).sum()
               : torch::full({}, SkipWeightPoint::kUnknown, options);
  };
  const SumCoefficients sum = weight.Coefficients();
  return {mean(sum.s), mean(sum.r), gradient(raw), gradient(weight.raw_residual)};
}

}  // namespace

std::vector<SkipWeightPoint> SkipWeightRows(const TrainingState& state,
                                            const std::vector<StepTelemetry::PathShares>& shares) {
  const torch::NoGradGuard no_grad;
  const std::vector<Tensor> learned = state.model->SkipParameters();
  const std::vector<double> snr = state.gradient_moments.Snr(state.step);
  const std::vector<AdaResNetImpl::Site>& sites = state.model->sites();
  std::vector<Tensor> numbers;
  for (const AdaResNetImpl::Site& site : sites) {
    for (const Tensor& number : RowNumbers(site.weight)) numbers.push_back(number);
  }
  const std::vector<double> known = Values(numbers);
  std::vector<SkipWeightPoint> rows;
  for (size_t i = 0; i < sites.size(); ++i) {
    const AdaResNetImpl::Site& site = sites[i];
    SkipWeightPoint row{site.name, state.step, state.epoch};
    const double* const of_site = known.data() + i * kRowNumbers;
    row.s = of_site[0];
    row.r = of_site[1];
    row.gradient = of_site[2];
    row.value = site.weight.placement == SkipPlacement::kResidual ? row.r : row.s;
    if (!shares.empty()) {
      row.path_ratio = shares[i].ratio;
      row.skip_share = shares[i].skip;
    }
    const auto add = [&](SkipWeightPoint of_weight, const Tensor& raw) {
      const size_t place = PlaceOf(raw, learned);
      if (place < learned.size()) of_weight.gradient_snr = snr[place];
      rows.push_back(std::move(of_weight));
    };
    add(row, site.weight.raw);
    if (!site.weight.raw_residual.defined()) continue;
    row.site = NameOfSecond(site.name);
    row.value = row.r;
    row.gradient = of_site[3];
    add(row, site.weight.raw_residual);
  }
  return rows;
}

std::vector<WeightLook> LooksAtWeights(const TrainingState& state) {
  std::vector<WeightLook> looks;
  if (state.model->SkipParameters().empty()) return looks;
  const torch::NoGradGuard no_grad;
  std::set<std::string> seen;
  std::vector<std::string> names;
  std::vector<Tensor> numbers;
  for (const AdaResNetImpl::Site& site : state.model->sites()) {
    if (!seen.insert(site.group).second) continue;
    const SkipWeight& weight = site.weight;
    names.push_back(site.group);
    numbers.push_back(NumbersOf(weight.raw, weight.Weight()));
    if (!weight.raw_residual.defined()) continue;
    names.push_back(NameOfSecond(site.group));
    numbers.push_back(NumbersOf(weight.raw_residual, weight.Coefficients().r));
  }
  const SkipConstraint& constraint = state.model->sites().front().weight.constraint;
  const Tensor all = torch::cat(numbers).cpu();
  const double* next = all.data_ptr<double>();
  for (size_t i = 0; i < names.size(); ++i) {
    looks.push_back(LookAt(names[i], constraint, numbers[i].numel() / 3, next));
    next += numbers[i].numel();
  }
  return looks;
}

std::vector<SumLook> LooksAtSums(const TrainingState& state,
                                 const std::vector<StepTelemetry::PathShares>& shares) {
  const bool learned = !state.model->SkipParameters().empty();
  std::vector<SumLook> looks;
  for (size_t i = 0; i < shares.size(); ++i) {
    const AdaResNetImpl::Site& site = state.model->sites()[i];
    const bool by_choice = !learned && (shares[i].skip == 0 || shares[i].skip == 1);
    if (!by_choice) looks.push_back({site.name, shares[i].skip});
  }
  return looks;
}

}  // namespace adares
