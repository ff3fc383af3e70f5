// A chain: the hash of each row covers the hash before it, so that a checkpoint need keep no more
// than one hash.
#include "worker/trainer/result_digest.h"

#include <bit>
#include <cstdint>
#include <variant>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"

namespace adares {
namespace {

// By its bits, as -0 and 0 are not the same result. All NaN are one: their bits are the processor's
// matter.
std::string Bits(double value) {
  if (value != value) return "nan";
  return absl::StrCat(absl::Hex(std::bit_cast<uint64_t>(value)));
}

}  // namespace

void ResultDigest::Add(const trainer_protocol::Event& event) {
  if (const auto* points = std::get_if<trainer_protocol::PointsEvent>(&event)) {
    for (const MetricPoint& point : points->points) Add(point);
  }
  if (const auto* weights = std::get_if<trainer_protocol::SkipWeightsEvent>(&event)) {
    for (const SkipWeightPoint& weight : weights->weights) Add(weight);
  }
  if (const auto* flag = std::get_if<trainer_protocol::FlagEvent>(&event)) Add(flag->flag);
}

void ResultDigest::Add(const MetricPoint& point) {
  if (point.key.starts_with("time/")) return;
  AddRow(
      absl::StrCat("point ", point.key, " ", point.step, " ", point.epoch, " ", Bits(point.value)));
}

void ResultDigest::Add(const SkipWeightPoint& weight) {
  AddRow(absl::StrCat("weight ", weight.site, " ", weight.step, " ", weight.epoch, " ",
                      Bits(weight.value), " ", Bits(weight.gradient), " ", Bits(weight.s), " ",
                      Bits(weight.r), " ", Bits(weight.gradient_snr), " ", Bits(weight.path_ratio),
                      " ", Bits(weight.skip_share)));
}

// Not the message, which only says in words what the rows say.
void ResultDigest::Add(const Flag& flag) {
  AddRow(absl::StrCat("flag ", std::string(Name(flag.kind)), " ", flag.site, " ", flag.step, " ",
                      flag.epoch, " ", flag.raised));
}

void ResultDigest::AddRow(const std::string& row) {
  hex_ = Sha256Hex(absl::StrCat(hex_, "\n", row));
}

}  // namespace adares
