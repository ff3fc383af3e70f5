// The reading side of the line protocol. It trusts nobody: the other process may be of another
// version, or die in the middle of a line.
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/trainer_protocol.h"
#include "nlohmann/json.hpp"

namespace adares::trainer_protocol {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 6;

// Reads members of one object and remembers the first that is missing or wrong, so that a message
// is read straight through and checked once.
class MemberReader {
 public:
  explicit MemberReader(const Json& object) : object_(object) {
    if (!object.is_object()) Fail("is not an object", "");
  }

  std::string Text(const char* key) {
    const Json* member = Find(key);
    if (member == nullptr) return "";
    if (member->is_string()) return member->get<std::string>();
    Fail("must be a string", key);
    return "";
  }

  int64_t Integer(const char* key) {
    const Json* member = Find(key);
    if (member == nullptr) return 0;
    constexpr uint64_t kMax = std::numeric_limits<int64_t>::max();
    if (member->is_number_unsigned() && member->get<uint64_t>() <= kMax) {
      return member->get<int64_t>();
    }
    Fail("must be an integer >= 0", key);
    return 0;
  }

  // NaN where there is none.
  double OptionalNumber(const char* key) {
    return Has(key) ? Number(key) : std::numeric_limits<double>::quiet_NaN();
  }

  double Number(const char* key) {
    const Json* member = Find(key);
    if (member == nullptr) return 0;
    if (member->is_number()) return member->get<double>();
    if (*member == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (*member == "inf") return std::numeric_limits<double>::infinity();
    if (*member == "-inf") return -std::numeric_limits<double>::infinity();
    Fail("must be a number, \"nan\", \"inf\" or \"-inf\"", key);
    return 0;
  }

  bool Boolean(const char* key) {
    const Json* member = Find(key);
    if (member == nullptr) return false;
    if (member->is_boolean()) return member->get<bool>();
    Fail("must be true or false", key);
    return false;
  }

  bool Has(const char* key) const { return object_.is_object() && object_.contains(key); }

  std::map<std::string, std::string> TextMap(const char* key) {
    std::map<std::string, std::string> texts;
    const Json* member = Find(key);
    if (member == nullptr) return texts;
    if (!member->is_object()) Fail("must be an object of strings", key);
    for (const auto& [name, value] : member->items()) {
      if (value.is_string()) {
        texts[name] = value.get<std::string>();
      } else {
        Fail("must be an object of strings", key);
      }
    }
    return texts;
  }

  // The elements of a list; empty after a failure.
  const Json& List(const char* key) {
    static const Json& empty = *new Json(Json::array());
    const Json* member = Find(key);
    if (member == nullptr) return empty;
    if (member->is_array() && member->size() <= kMaxItemsPerEvent) return *member;
    Fail(absl::StrCat("must be a list of at most ", kMaxItemsPerEvent, " elements"), key);
    return empty;
  }

  const Json* Find(const char* key) {
    if (!status_.ok()) return nullptr;
    const auto member = object_.find(key);
    if (member != object_.end()) return &*member;
    Fail("is missing", key);
    return nullptr;
  }

  void Fail(const std::string& cause, const std::string& key) {
    if (!status_.ok()) return;
    status_ = MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                        key.empty() ? cause : absl::StrCat("member ", key, " ", cause),
                        {{"member", key}});
  }

  void Absorb(const absl::Status& status) { status_.Update(status); }
  const absl::Status& status() const { return status_; }

 private:
  const Json& object_;
  absl::Status status_;
};

MetricPoint ReadPoint(MemberReader& reader) {
  MetricPoint point;
  point.key = reader.Text("key");
  point.step = reader.Integer("step");
  point.epoch = reader.Integer("epoch");
  point.value = reader.Number("value");
  if (!IsMetricKey(point.key)) {
    reader.Fail(absl::StrCat("must be a metric key, not ", Quoted(point.key)), "key");
  }
  return point;
}

SkipWeightPoint ReadWeight(MemberReader& reader) {
  SkipWeightPoint weight;
  weight.site = reader.Text("site");
  weight.step = reader.Integer("step");
  weight.epoch = reader.Integer("epoch");
  weight.value = reader.Number("value");
  weight.gradient = reader.Number("gradient");
  weight.s = reader.OptionalNumber("s");
  weight.r = reader.OptionalNumber("r");
  weight.gradient_snr = reader.OptionalNumber("gradient_snr");
  weight.path_ratio = reader.OptionalNumber("path_ratio");
  weight.skip_share = reader.OptionalNumber("skip_share");
  if (!IsSiteName(weight.site)) {
    reader.Fail(absl::StrCat("must be the name of a site, not ", Quoted(weight.site)), "site");
  }
  return weight;
}

FlagEvent ReadFlag(MemberReader& reader) {
  Flag flag;
  const std::string kind = reader.Text("kind");
  flag.site = reader.Text("site");
  flag.step = reader.Integer("step");
  flag.epoch = reader.Integer("epoch");
  flag.raised = reader.Boolean("raised");
  flag.message = reader.Text("message");
  if (const auto parsed = ParseFlagKind(kind)) {
    flag.kind = *parsed;
  } else {
    reader.Fail(absl::StrCat("is no kind of flag: ", Quoted(kind)), "kind");
  }
  if (!flag.site.empty() && !IsSiteName(flag.site)) {
    reader.Fail(absl::StrCat("must be empty or the name of a site, not ", Quoted(flag.site)),
                "site");
  }
  if (flag.message.size() > kMaxFlagMessageBytes) {
    reader.Fail(absl::StrCat("is longer than ", kMaxFlagMessageBytes, " bytes"), "message");
  }
  return {std::move(flag)};
}

template <typename Item>
std::vector<Item> ReadList(MemberReader& reader, const char* key, Item (*read)(MemberReader&)) {
  std::vector<Item> items;
  for (const Json& element : reader.List(key)) {
    MemberReader element_reader(element);
    items.push_back(read(element_reader));
    reader.Absorb(element_reader.status());
    if (!reader.status().ok()) break;
  }
  return items;
}

CheckpointOrder ReadOrder(MemberReader& reader) {
  CheckpointOrder order;
  order.folder = reader.Text("folder");
  order.every_steps = reader.Integer("every_steps");
  order.every_seconds = reader.Number("every_seconds");
  order.resume = reader.Boolean("resume");
  return order;
}

TrainCommand ReadTrain(MemberReader& reader) {
  TrainCommand command;
  command.trial = reader.Text("trial");
  command.attempt = reader.Integer("attempt");
  if (const Json* spec = reader.Find("spec")) {
    absl::StatusOr<TrialSpec> parsed = ParseTrialSpec(spec->dump());
    if (parsed.ok()) command.spec = *parsed;
    reader.Absorb(Annotate(parsed.status(), "member spec"));
  }
  const Json* const order = reader.Has("checkpoints") ? reader.Find("checkpoints") : nullptr;
  if (order != nullptr) {  // nor is it where the specification is wrong
    MemberReader order_reader(*order);
    command.checkpoints = ReadOrder(order_reader);
    reader.Absorb(Annotate(order_reader.status(), "member checkpoints"));
  }
  return command;
}

StartEvent ReadStart(MemberReader& reader) {
  StartEvent event{reader.Integer("total_steps"), reader.Integer("total_epochs"),
                   reader.Integer("parameters"), reader.TextMap("provenance")};
  if (reader.Has("resumed_step")) event.resumed_step = reader.Integer("resumed_step");
  return event;
}

EndEvent ReadEnd(MemberReader& reader) {
  EndEvent event;
  const std::string reason = reader.Text("reason");
  event.message = reader.Text("message");
  if (reader.Has("digests")) event.digests = reader.TextMap("digests");
  if (const auto parsed = ParseEndReason(reason)) {
    event.reason = *parsed;
  } else {
    reader.Fail(absl::StrCat("is no reason why an attempt ends: ", Quoted(reason)), "reason");
  }
  return event;
}

std::optional<Command> ReadCommand(MemberReader& reader, const std::string& type) {
  if (type == "train") return ReadTrain(reader);
  if (type == "stop") return StopCommand{};
  if (type == "checkpoint") return CheckpointCommand{};
  return std::nullopt;
}

std::optional<Event> ReadEvent(MemberReader& reader, const std::string& type) {
  if (type == "ready") {
    return ReadyEvent{reader.Text("version"), reader.Text("libtorch"), reader.Text("device")};
  }
  if (type == "start") return ReadStart(reader);
  if (type == "points") return PointsEvent{ReadList(reader, "points", ReadPoint)};
  if (type == "weights") return SkipWeightsEvent{ReadList(reader, "weights", ReadWeight)};
  if (type == "flag") return ReadFlag(reader);
  if (type == "progress") {
    return ProgressEvent{reader.Integer("step"), reader.Integer("epoch"),
                         reader.Number("images_per_second")};
  }
  if (type == "checkpoint") {
    return CheckpointEvent{reader.Integer("step"), reader.Integer("epoch"), reader.Text("folder")};
  }
  if (type == "end") return ReadEnd(reader);
  return std::nullopt;
}

absl::Status LineError(const std::string& message) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid, message);
}

absl::StatusOr<Json> ParseLine(std::string_view line) {
  if (line.size() > kMaxLineBytes) {
    return LineError(absl::StrCat("longer than ", kMaxLineBytes, " bytes"));
  }
  bool too_deep = false;
  const auto guard = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > kMaxDepth;
    return !too_deep;
  };
  Json json = Json::parse(line, guard, /*allow_exceptions=*/false);
  if (too_deep) return LineError("nested too deep");
  if (json.is_discarded()) return LineError(absl::StrCat("not valid JSON: ", Quoted(line)));
  return json;
}

template <typename Message>
absl::StatusOr<Message> ParseMessage(std::string_view line, const std::string& kind,
                                     std::optional<Message> (*read)(MemberReader&,
                                                                    const std::string&)) {
  const absl::StatusOr<Json> json = ParseLine(line);
  if (!json.ok()) return Annotate(json.status(), kind);
  MemberReader reader(*json);
  const std::string type = reader.Text("type");
  ADARES_RETURN_IF_ERROR(Annotate(reader.status(), kind));
  std::optional<Message> message = read(reader, type);
  if (!message) return LineError(absl::StrCat(kind, ": unknown type ", Quoted(type)));
  ADARES_RETURN_IF_ERROR(Annotate(reader.status(), absl::StrCat(kind, " ", type)));
  return *std::move(message);
}

}  // namespace

absl::StatusOr<Command> ParseCommand(std::string_view line) {
  return ParseMessage<Command>(line, "trainer command", ReadCommand);
}

absl::StatusOr<Event> ParseEvent(std::string_view line) {
  return ParseMessage<Event>(line, "trainer event", ReadEvent);
}

}  // namespace adares::trainer_protocol
