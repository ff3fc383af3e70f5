// JSON documents of messages, by the proto3 JSON rules: camelCase names, 64-bit integers as
// strings, NaN as "NaN". Fields without presence are always there. Thread-safe: pure functions.
#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <string>
#include <vector>

namespace adares::client {

// One message as an indented document with a newline.
std::string JsonDocument(const google::protobuf::Message& message);

// One message on one line, without a newline.
std::string JsonLine(const google::protobuf::Message& message);

// The same with a member before those of the message; `value` is JSON.
std::string JsonLineWith(const std::string& name, const std::string& value,
                         const google::protobuf::Message& message);

// A text as JSON.
std::string JsonString(const std::string& text);

// Elements as an array, one a line: `[]`, or `[`, the elements, `]`, with a newline.
std::string JsonArray(const std::vector<std::string>& elements);

using JsonOfMessage = std::function<std::string(const google::protobuf::Message&)>;

template <typename Messages>
std::string JsonArrayOf(const Messages& messages, const JsonOfMessage& element = JsonLine) {
  std::vector<std::string> elements;
  for (const auto& message : messages) elements.push_back(element(message));
  return JsonArray(elements);
}

}  // namespace adares::client
