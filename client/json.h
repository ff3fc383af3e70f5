// JSON documents of messages, by the proto3 JSON rules: camelCase names, 64-bit integers as
// strings, NaN as "NaN". Fields without presence are always there. Thread-safe: pure functions.
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace adares::client {

// One message as an indented document with a newline.
std::string JsonDocument(const google::protobuf::Message& message);

// One message on one line, without a newline.
std::string JsonLine(const google::protobuf::Message& message);

// Messages as an array, one a line: `[]`, or `[`, the elements, `]`, with a newline.
std::string JsonArray(const std::vector<const google::protobuf::Message*>& messages);

template <typename Messages>
std::string JsonArrayOf(const Messages& messages) {
  std::vector<const google::protobuf::Message*> pointers;
  for (const auto& message : messages) pointers.push_back(&message);
  return JsonArray(pointers);
}

}  // namespace adares::client
