#include "rpc/request_key.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
}

// Maps have no order of their own; equal messages must give equal bytes.
std::string DeterministicBytes(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

}  // namespace

absl::StatusOr<RequestKey> RequestKeyOf(const google::protobuf::Message& request) {
  const google::protobuf::FieldDescriptor* const field =
      request.GetDescriptor()->FindFieldByName("request_id");
  RequestKey key;
  key.id = request.GetReflection()->GetString(request, field);
  key.method = request.GetDescriptor()->name();
  if (key.id.empty()) return key;
  if (key.id.size() > kLongestRequestId ||
      !std::all_of(key.id.begin(), key.id.end(), IsIdCharacter)) {
    return InvalidField("request_id",
                        absl::StrCat("expected up to ", kLongestRequestId, " of A-Z a-z 0-9 _ -"));
  }
  const std::unique_ptr<google::protobuf::Message> content(request.New());
  content->CopyFrom(request);
  content->GetReflection()->ClearField(content.get(), field);
  key.digest = Sha256Hex(DeterministicBytes(*content));
  return key;
}

}  // namespace adares
