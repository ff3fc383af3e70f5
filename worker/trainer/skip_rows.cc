// Everything that is read of the weights is gathered on the device and read at once.
#include "worker/trainer/skip_rows.h"

#include <array>
#include <set>
#include <string>

#include "worker/trainer/squares.h"

namespace adares {
namespace {

using torch::Tensor;

// The place of the site's raw parameter among the learned ones; their count where it is frozen.
size_t PlaceOf(const SkipWeight& weight, const std::vector<Tensor>& learned) {
  size_t place = 0;
  while (place < learned.size() && !learned[place].is_same(weight.raw)) ++place;
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
Tensor NumbersOf(const SkipWeight& weight) {
  const auto flat = [](const Tensor& tensor) {
    return tensor.detach().reshape({-1}).to(torch::kFloat64);
  };
  const Tensor raw = flat(weight.raw);
  const Tensor gradient = weight.raw.grad();
  return torch::cat(
      {raw, flat(weight.Weight()), gradient.defined() ? flat(gradient) : torch::zeros_like(raw)});
}

// `numbers` are those of NumbersOf.
WeightLook LookAt(const AdaResNetImpl::Site& site, const double* numbers) {
  const SkipWeight& weight = site.weight;
  const int64_t channels = weight.raw.numel();
  const double* const raw = numbers;
  const double* const values = raw + channels;
  const double* const gradients = values + channels;
  WeightLook look{site.group};
  for (int64_t i = 0; i < channels; ++i) look.value += values[i] / static_cast<double>(channels);
  look.saturated = HoldsForMost(
      channels, [&](int64_t i) { return IsSaturated(weight.constraint, raw[i], gradients[i]); });
  look.closed = HoldsForMost(channels, [&](int64_t i) { return IsClosed(values[i]); });
  return look;
}

// What a row tells of a weight: means of s and r over the channels, and the gradient's sum.
constexpr size_t kRowNumbers = 3;
std::array<Tensor, kRowNumbers> RowNumbers(const SkipWeight& weight) {
  const Tensor& raw = weight.raw;
  const auto options =
      (raw.defined() ? raw.options() : torch::TensorOptions()).dtype(torch::kFloat64);
  const auto mean = [&options](const Tensor& coefficient) {
    return coefficient.defined() ? coefficient.to(torch::kFloat64).mean()
                                 : torch::ones({}, options);
  };
  const SumCoefficients sum = weight.Coefficients();
  const bool has_gradient = raw.defined() && raw.grad().defined();
  return {mean(sum.s), mean(sum.r),
          has_gradient ? raw.grad().to(torch::kFloat64).sum()
                       : torch::full({}, SkipWeightPoint::kUnknown, options)};
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
    const size_t place = PlaceOf(site.weight, learned);
    if (place < learned.size()) row.gradient_snr = snr[place];
    if (!shares.empty()) {
      row.path_ratio = shares[i].ratio;
      row.skip_share = shares[i].skip;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<WeightLook> LooksAtWeights(const TrainingState& state) {
  std::vector<WeightLook> looks;
  if (state.model->SkipParameters().empty()) return looks;
  const torch::NoGradGuard no_grad;
  std::set<std::string> seen;
  std::vector<const AdaResNetImpl::Site*> first_of_group;
  std::vector<Tensor> numbers;
  for (const AdaResNetImpl::Site& site : state.model->sites()) {
    if (!seen.insert(site.group).second) continue;
    first_of_group.push_back(&site);
    numbers.push_back(NumbersOf(site.weight));
  }
  const Tensor all = torch::cat(numbers).cpu();
  const double* next = all.data_ptr<double>();
  for (const AdaResNetImpl::Site* const site : first_of_group) {
    looks.push_back(LookAt(*site, next));
    next += 3 * site->weight.raw.numel();
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
