// Text lines go out as they are; the trainer's own colours are part of its log.
#include "client/log_printer.h"

#include <string>

#include "client/answer.h"
#include "client/trial_view.h"
#include "core/status.h"

namespace adares::client {

absl::Status LogPrinter::Print(const v1::TailLogsResponse& response) {
  std::string text;
  for (const v1::LogLine& line : response.lines()) {
    switch (format_) {
      case OutputFormat::kTable:
        text += line.text() + "\n";
        break;
      case OutputFormat::kCsv:
        if (!is_open_) text += WriteCsv(LogCsvHeader());
        text += WriteCsv({LogCsvRow(response.attempt(), line)});
        break;
      case OutputFormat::kJson:
        text += (is_open_ ? ",\n" : "[\n") +
                JsonLineWith("attempt", std::to_string(response.attempt()), line);
        break;
    }
    is_open_ = true;
  }
  return PrintPayload(text);
}

absl::Status LogPrinter::Finish(const absl::Status& status) {
  std::string text;
  if (format_ == OutputFormat::kJson && is_open_) text = "\n]\n";
  if (format_ == OutputFormat::kJson && !is_open_ && status.ok()) text = "[]\n";
  if (format_ == OutputFormat::kCsv && !is_open_ && status.ok()) text = WriteCsv(LogCsvHeader());
  ADARES_RETURN_IF_ERROR(PrintPayload(text));
  return status;
}

}  // namespace adares::client
