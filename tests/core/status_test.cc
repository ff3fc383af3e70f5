// Errors carry their reason and metadata through annotation, and the catalogue is complete.
#include "core/status.h"

#include <gtest/gtest.h>

#include <regex>

#include "tests/core/source_tree.h"

namespace adares {
namespace {

absl::Status NotFound() {
  return MakeError(absl::StatusCode::kNotFound, reason::kSweepNotFound, "no sweep quick",
                   {{"sweep", "quick"}, {"note", "say \"why\"\n"}});
}

TEST(StatusTest, KeepsReasonAndMetadata) {
  const absl::Status status = NotFound();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "no sweep quick");
  EXPECT_EQ(ErrorReason(status), "SWEEP_NOT_FOUND");
  EXPECT_EQ(ErrorMetadata(status),
            (std::map<std::string, std::string>{{"sweep", "quick"}, {"note", "say \"why\"\n"}}));
}

TEST(StatusTest, AnnotateAddsContextAndLosesNothing) {
  const absl::Status status = Annotate(Annotate(NotFound(), "cancel"), "rpc");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "rpc: cancel: no sweep quick");
  EXPECT_EQ(ErrorReason(status), "SWEEP_NOT_FOUND");
  EXPECT_EQ(ErrorMetadata(status), ErrorMetadata(NotFound()));
}

TEST(StatusTest, AnnotateLeavesOkAlone) {
  EXPECT_EQ(Annotate(absl::OkStatus(), "context"), absl::OkStatus());
}

TEST(StatusTest, ErrorsFromElsewhereHaveNoReason) {
  EXPECT_EQ(ErrorReason(absl::InternalError("x")), "");
  EXPECT_TRUE(ErrorMetadata(absl::InternalError("x")).empty());
  EXPECT_EQ(ErrorReason(absl::OkStatus()), "");
}

TEST(StatusTest, MetadataNeedNotBeUtf8) {
  const absl::Status status =
      MakeError(absl::StatusCode::kInternal, "X", "message", {{"value", "a\xff"}});
  EXPECT_EQ(ErrorReason(status), "X");
  EXPECT_EQ(ErrorMetadata(status)["value"], "a\xef\xbf\xbd");
}

absl::StatusOr<int> Half(int value) {
  if (value % 2 != 0) return absl::InvalidArgumentError("odd");
  return value / 2;
}

absl::StatusOr<int> Quarter(int value) {
  ADARES_ASSIGN_OR_RETURN(const int half, Half(value));
  ADARES_RETURN_IF_ERROR(Half(half).status());
  ADARES_ASSIGN_OR_RETURN(const int quarter, Half(half));
  return quarter;
}

TEST(StatusTest, MacrosPassErrorsOn) {
  EXPECT_EQ(*Quarter(12), 3);
  EXPECT_EQ(Quarter(6).status(), absl::InvalidArgumentError("odd"));
  EXPECT_EQ(Quarter(5).status(), absl::InvalidArgumentError("odd"));
}

TEST(StatusTest, ErrorPageListsEveryReason) {
  const std::string header = ReadSourceFile("core/status.h");
  const std::string page = ReadSourceFile("docs/errors.md");
  const std::regex constant(R"(constexpr std::string_view k\w+ = "([A-Z_]+)\")");
  int count = 0;
  for (std::sregex_iterator match(header.begin(), header.end(), constant), end; match != end;
       ++match, ++count) {
    EXPECT_NE(page.find("| `" + (*match)[1].str() + "` |"), std::string::npos)
        << (*match)[1] << " has no row in docs/errors.md";
  }
  EXPECT_GE(count, 16);
}

}  // namespace
}  // namespace adares
