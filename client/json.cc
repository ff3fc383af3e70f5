// On protobuf's own JSON printer.
#include "client/json.h"

#include <google/protobuf/util/json_util.h>

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

std::string JsonArray(const std::vector<const google::protobuf::Message*>& messages) {
  if (messages.empty()) return "[]\n";
  std::string text = "[";
  for (size_t i = 0; i < messages.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += JsonLine(*messages[i]);
  }
  return text + "\n]\n";
}

}  // namespace adares::client
