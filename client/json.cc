// On protobuf's own JSON printer.
#include "client/json.h"

#include <google/protobuf/util/json_util.h>

#include "nlohmann/json.hpp"

namespace adares::client {
namespace {

std::string Print(const google::protobuf::Message& message, bool is_indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = is_indented;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status = google::protobuf::util::MessageToJsonString(message, &text, options);
  // Only unknown types inside google.protobuf.Any fail, and no message of adares.v1 has one.
  return status.ok() ? text : "null";
}

}  // namespace

std::string JsonDocument(const google::protobuf::Message& message) {
  std::string text = Print(message, /*is_indented=*/true);
  if (!text.ends_with('\n')) text += '\n';
  return text;
}

std::string JsonLine(const google::protobuf::Message& message) {
  return Print(message, /*is_indented=*/false);
}

std::string JsonLineWith(const std::string& name, const std::string& value,
                         const google::protobuf::Message& message) {
  const std::string members = JsonLine(message).substr(1);
  return "{" + JsonString(name) + ":" + value + (members == "}" ? "" : ",") + members;
}

std::string JsonString(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string JsonArray(const std::vector<std::string>& elements) {
  if (elements.empty()) return "[]\n";
  std::string text = "[";
  for (size_t i = 0; i < elements.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += elements[i];
  }
  return text + "\n]\n";
}

}  // namespace adares::client
