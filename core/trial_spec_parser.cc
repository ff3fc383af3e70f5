// ParseTrialSpec: JSON straight into the table of fields, without a tree between. What comes from
// outside can therefore be neither too deep nor have two values for one key.
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/quoted_text.h"
#include "core/status.h"
#include "core/trial_spec.h"
#include "core/trial_spec_fields.h"
#include "nlohmann/json.hpp"

namespace adares {
namespace {

absl::Status SpecError(const std::string& message, const std::string& path) {
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid, message,
                   {{"path", path}});
}

// Receives the events of nlohmann's SAX parser; returns false to stop at the first error. The names
// of the methods are the parser's.
class SpecReceiver {
 public:
  using Json = nlohmann::json;

  bool null() { return Scalar("null", false); }
  bool boolean(bool value) { return Scalar(value ? "true" : "false", false); }
  bool number_integer(Json::number_integer_t value) { return Scalar(absl::StrCat(value), false); }
  bool number_unsigned(Json::number_unsigned_t value) { return Scalar(absl::StrCat(value), false); }
  bool number_float(Json::number_float_t, const std::string& text) { return Scalar(text, false); }
  bool string(std::string& value) { return Scalar(value, true); }
  bool binary(Json::binary_t&) { return Fail("binary data has no place here"); }
  bool start_array(size_t) { return Fail("no field takes a list"); }
  bool end_array() { return true; }

  bool start_object(size_t) {
    if (in_root_ && !IsTrialSpecGroup(Path())) return Fail("the field takes one value, no object");
    in_root_ = true;
    path_.emplace_back();
    return true;
  }

  bool key(std::string& key) {
    path_.pop_back();
    const std::string group = Path();
    path_.push_back(key);
    const std::string path = Path();
    if (!IsTrialSpecKey(group, key)) return Fail(UnknownKeyMessage(group, key));
    if (!seen_.insert(path).second) return Fail("the key is there twice");
    return true;
  }

  bool end_object() {
    path_.pop_back();
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) {
    status_ = SpecError(absl::StrCat("not valid JSON near byte ", position), "");
    return false;
  }

  const absl::Status& status() const { return status_; }
  const TrialSpec& spec() const { return spec_; }

 private:
  std::string Path() const { return absl::StrJoin(path_, "."); }

  bool Scalar(const std::string& text, bool quoted) {
    if (!in_root_) return Fail("a trial spec is an object");
    const TrialSpecField* field = FindTrialSpecField(Path());
    if (field == nullptr) return Fail(absl::StrCat("takes an object, not ", Quoted(text)));
    status_ = field->set(spec_, {text, quoted});
    return status_.ok();
  }

  bool Fail(const std::string& message) {
    status_ = SpecError(path_.empty() ? message : absl::StrCat(Path(), ": ", message), Path());
    return false;
  }

  TrialSpec spec_;
  bool in_root_ = false;
  std::vector<std::string> path_;  // keys of the open objects, the current key last
  std::set<std::string> seen_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<TrialSpec> ParseTrialSpec(std::string_view json) {
  SpecReceiver receiver;
  const bool complete = nlohmann::json::sax_parse(json, &receiver);
  if (!receiver.status().ok()) return receiver.status();
  if (!complete) return SpecError("not valid JSON", "");
  if (const auto conflict = FindConflict(receiver.spec())) {
    return SpecError(conflict->message, conflict->paths.front());
  }
  return receiver.spec();
}

}  // namespace adares
