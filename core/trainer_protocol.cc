// The writing side of the line protocol; trainer_protocol_parser.cc is the reading side.
#include "core/trainer_protocol.h"

#include <cmath>

#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace adares::trainer_protocol {
namespace {

using Json = nlohmann::json;

Json ToJson(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return value;
}

Json ToJson(const TrainCommand& command) {
  return {{"type", "train"},
          {"trial", command.trial},
          {"attempt", command.attempt},
          {"spec", Json::parse(CanonicalJson(command.spec))},
          {"checkpoints",
           {{"folder", command.checkpoints.folder},
            {"every_steps", command.checkpoints.every_steps},
            {"every_seconds", command.checkpoints.every_seconds},
            {"resume", command.checkpoints.resume}}}};
}

Json ToJson(const StopCommand&) { return {{"type", "stop"}}; }
Json ToJson(const CheckpointCommand&) { return {{"type", "checkpoint"}}; }

Json ToJson(const ReadyEvent& event) {
  return {{"type", "ready"},
          {"version", event.version},
          {"libtorch", event.libtorch},
          {"device", event.device}};
}

Json ToJson(const StartEvent& event) {
  return {{"type", "start"},
          {"total_steps", event.total_steps},
          {"total_epochs", event.total_epochs},
          {"parameters", event.parameters},
          {"provenance", event.provenance},
          {"resumed_step", event.resumed_step}};
}

Json ToJson(const PointsEvent& event) {
  Json points = Json::array();
  for (const MetricPoint& point : event.points) {
    points.push_back({{"key", point.key},
                      {"step", point.step},
                      {"epoch", point.epoch},
                      {"value", ToJson(point.value)}});
  }
  return {{"type", "points"}, {"points", std::move(points)}};
}

Json ToJson(const SkipWeightsEvent& event) {
  Json weights = Json::array();
  for (const SkipWeightPoint& weight : event.weights) {
    weights.push_back({{"site", weight.site},
                       {"step", weight.step},
                       {"epoch", weight.epoch},
                       {"value", ToJson(weight.value)},
                       {"gradient", ToJson(weight.gradient)},
                       {"s", ToJson(weight.s)},
                       {"r", ToJson(weight.r)},
                       {"gradient_snr", ToJson(weight.gradient_snr)},
                       {"path_ratio", ToJson(weight.path_ratio)},
                       {"skip_share", ToJson(weight.skip_share)}});
  }
  return {{"type", "weights"}, {"weights", std::move(weights)}};
}

Json ToJson(const FlagEvent& event) {
  const Flag& flag = event.flag;
  return {{"type", "flag"},         {"kind", std::string(Name(flag.kind))},
          {"site", flag.site},      {"step", flag.step},
          {"epoch", flag.epoch},    {"raised", flag.raised},
          {"message", flag.message}};
}

Json ToJson(const ProgressEvent& event) {
  return {{"type", "progress"},
          {"step", event.step},
          {"epoch", event.epoch},
          {"images_per_second", ToJson(event.images_per_second)}};
}

Json ToJson(const CheckpointEvent& event) {
  return {{"type", "checkpoint"},
          {"step", event.step},
          {"epoch", event.epoch},
          {"folder", event.folder}};
}

Json ToJson(const EndEvent& event) {
  return {{"type", "end"},
          {"reason", std::string(Name(event.reason))},
          {"message", event.message},
          {"digests", event.digests}};
}

template <typename Message>
std::string EncodeMessage(const Message& message) {
  const Json json =
      std::visit([](const auto& alternative) { return ToJson(alternative); }, message);
  // Messages may quote file names and library errors, which need not be UTF-8.
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

}  // namespace

std::string CheckpointFolderName(int64_t step) { return absl::StrFormat("step-%012d", step); }

std::string Encode(const Command& command) { return EncodeMessage(command); }

std::string Encode(const Event& event) { return EncodeMessage(event); }

}  // namespace adares::trainer_protocol
