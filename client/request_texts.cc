#include "client/request_texts.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/problem.h"
#include "core/utf8.h"

namespace adares::client {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

absl::Status CheckText(const FieldDescriptor& field, const std::string& text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return UsageError(absl::StrCat("the text for ", field.name(), " is not UTF-8"),
                    "write it in UTF-8, or without accents");
}

// Entries of maps are messages too.
absl::Status CheckField(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  const int count = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < count; ++i) {
    absl::Status status;
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      status = CheckTexts(field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                                              : reflection.GetMessage(message, &field));
    } else if (field.type() == FieldDescriptor::TYPE_STRING) {
      status =
          CheckText(field, field.is_repeated() ? reflection.GetRepeatedString(message, &field, i)
                                               : reflection.GetString(message, &field));
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTexts(const Message& request) {
  std::vector<const FieldDescriptor*> set;
  request.GetReflection()->ListFields(request, &set);
  for (const FieldDescriptor* field : set) {
    if (const absl::Status status = CheckField(request, *field); !status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace adares::client
