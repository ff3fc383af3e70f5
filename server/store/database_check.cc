#include "server/store/database_check.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/artifacts/blob_audit.h"
#include "server/store/foreign_keys.h"
#include "server/store/invariants.h"
#include "server/store/migrator.h"
#include "server/store/sqlite.h"

namespace adares {
namespace {

constexpr char kIntegrity[] = "PRAGMA integrity_check(10000)";

constexpr char kNamedBlobs[] = R"sql(
SELECT sweep.name || '/' || trial.name, checkpoint.step, checkpoint_file.sha256,
  checkpoint_file.size_bytes, checkpoint.id
FROM checkpoint_file
JOIN checkpoint ON checkpoint.id = checkpoint_file.checkpoint_id
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id)sql";

constexpr char kIsNamed[] = "SELECT 1 FROM checkpoint_file WHERE checkpoint_id = ? AND sha256 = ?";

constexpr char kNamesBlob[] = R"sql(
SELECT sweep.name || '/' || trial.name, checkpoint.step
FROM checkpoint_file
JOIN checkpoint ON checkpoint.id = checkpoint_file.checkpoint_id
JOIN trial ON trial.id = checkpoint.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE checkpoint_file.sha256 = ?
LIMIT 1)sql";

// A blob that a row of kNamedBlobs names.
struct NamedBlob {
  std::string trial;
  int64_t step = 0;
  std::string sha256;
  int64_t size_bytes = 0;
  int64_t checkpoint = 0;  // its row
};

NamedBlob ReadNamedBlob(const Query& query) {
  return {query.Text(0), query.Int(1), query.Text(2), query.Int(3), query.Int(4)};
}

// What is wrong with its file; empty where nothing is.
std::string ProblemOf(const std::string& artifacts, const NamedBlob& blob) {
  std::error_code none;
  const auto size = std::filesystem::file_size(
      absl::StrCat(artifacts, "/", blob.sha256.substr(0, 2), "/", blob.sha256), none);
  const std::string which =
      absl::StrCat("its checkpoint of step ", blob.step, " names the blob ", blob.sha256);
  if (none) return absl::StrCat(which, ", which is not there: ", none.message());
  if (static_cast<int64_t>(size) == blob.size_bytes) return "";
  return absl::StrCat(which, ", which has ", size, " bytes, not ", blob.size_bytes);
}

// Makes one check after the other on a connection of its own.
class Checker {
 public:
  Checker(const std::string& path, const CheckObserver& observer)
      : path_(path), observer_(observer), connection_(path, Connection::Mode::kInspect) {
    if (observer.stop) connection_.StopWhen(observer.stop);
  }

  absl::Status Structure() {
    ADARES_RETURN_IF_ERROR(
        Check("integrity", [&](Findings& findings) { return Integrity(findings); }));
    ADARES_RETURN_IF_ERROR(
        Check("foreign-keys", [&](Findings& findings) { return ForeignKeys(findings); }));
    return Check("schema", [&](Findings& findings) { return Schema(findings); });
  }

  absl::Status Blobs(const std::string& artifacts) {
    return CheckRows("blobs", [&](Findings& findings) -> absl::Status {
      std::vector<NamedBlob> suspects;
      {
        Query query(connection_.Prepare(kNamedBlobs));
        while (query.Step()) {
          if (observer_.stop && observer_.stop()) return GivenUp();
          NamedBlob blob = ReadNamedBlob(query);
          if (!ProblemOf(artifacts, blob).empty()) suspects.push_back(std::move(blob));
        }
      }
      // A file goes after its row, which the snapshot above still had: in a later one it has not.
      for (const NamedBlob& blob : suspects) {
        if (!IsNamed(blob)) continue;
        const std::string problem = ProblemOf(artifacts, blob);
        if (!problem.empty()) findings.Add(blob.trial, problem);
      }
      return absl::OkStatus();
    });
  }

  absl::Status BlobContents(const std::string& artifacts) {
    return CheckRows("blob-contents", [&](Findings& findings) {
      AuditObserver audit;
      audit.progress = observer_.progress;
      audit.stop = observer_.stop;
      audit.found = [&](const std::string& sha256, const std::string& problem) {
        AddBlob(sha256, problem, findings);
      };
      return AuditBlobs(artifacts, audit);
    });
  }

  absl::Status Domain() {
    ADARES_RETURN_IF_ERROR(CheckRows("sweep-counts", [&](Findings& findings) {
      CheckSweepCounts(connection_, findings);
      return absl::OkStatus();
    }));
    for (const Invariant& invariant : Invariants()) {
      ADARES_RETURN_IF_ERROR(
          CheckRows(invariant.name, [&](Findings& findings) { return Rule(invariant, findings); }));
    }
    return absl::OkStatus();
  }

 private:
  using Body = std::function<absl::Status(Findings&)>;

  // What `body` finds, and where the file is so damaged that it cannot look, that.
  absl::Status Check(const std::string& name, const Body& body) {
    if (observer_.begin) observer_.begin(name);
    Findings findings(name);
    const absl::Status status =
        Guarded(absl::StrCat("check ", name).c_str(), [&] { return body(findings); });
    if (ErrorReason(status) == reason::kDatabaseCorrupt) {
      findings.Add("", std::string(status.message()));
    } else if (!status.ok()) {
      return status;
    }
    if (observer_.end) observer_.end(findings.result());
    return absl::OkStatus();
  }

  // The rules are those of this program's schema.
  absl::Status CheckRows(const std::string& name, const Body& body) {
    if (skip_rows_because_.empty()) return Check(name, body);
    CheckResult result;
    result.check = name;
    result.outcome = CheckResult::Outcome::kSkipped;
    result.note = skip_rows_because_;
    if (observer_.end) observer_.end(result);
    return absl::OkStatus();
  }

  static absl::Status GivenUp() { return absl::CancelledError("the check was given up"); }

  bool IsNamed(const NamedBlob& blob) {
    Query query(connection_.Prepare(kIsNamed));
    return query.Bind(blob.checkpoint).Bind(blob.sha256).Step();
  }

  void AddBlob(const std::string& sha256, const std::string& problem, Findings& findings) {
    Query query(connection_.Prepare(kNamesBlob));
    if (query.Bind(sha256).Step()) {
      findings.Add(query.Text(0), absl::StrCat("the blob ", sha256, " of its checkpoint of step ",
                                               query.Int(1), " ", problem));
    } else {
      findings.Add("", absl::StrCat("the blob ", sha256, ", which no checkpoint names, ", problem));
    }
  }

  absl::Status Integrity(Findings& findings) {
    Query query(connection_.Prepare(kIntegrity));
    while (query.Step()) {
      if (query.Text(0) != "ok") findings.Add("", query.Text(0));
    }
    return absl::OkStatus();
  }

  absl::Status ForeignKeys(Findings& findings) {
    FindDanglingRows(connection_, [&](const std::string& table, const std::string& problem) {
      findings.Add(table, problem);
    });
    return absl::OkStatus();
  }

  absl::Status Schema(Findings& findings) {
    skip_rows_because_ = "the schema is not this program's";
    const absl::StatusOr<SchemaState> state = InspectSchema(path_, EmbeddedMigrations());
    if (ErrorReason(state.status()) == reason::kSchemaMismatch) {
      findings.Add("", std::string(state.status().message()));
      return absl::OkStatus();
    }
    ADARES_RETURN_IF_ERROR(state.status());
    if (state->missing.empty()) {
      findings.Note(absl::StrCat("version ", state->version));
      skip_rows_because_.clear();
    } else {
      findings.Note(absl::StrCat("version ", state->version, "; a server migrates it to ",
                                 state->missing.back().version));
    }
    return absl::OkStatus();
  }

  absl::Status Rule(const Invariant& invariant, Findings& findings) {
    if (!invariant.is_of_a_trial) {
      Query query(connection_.Prepare(invariant.sql));
      findings.AddRows(query);
      return absl::OkStatus();
    }
    for (const int64_t trial : AllTrials(connection_)) {
      if (observer_.stop && observer_.stop()) return GivenUp();
      Query query(connection_.Prepare(invariant.sql));
      findings.AddRows(query.Bind(trial));
    }
    return absl::OkStatus();
  }

  const std::string path_;
  const CheckObserver& observer_;
  Connection connection_;
  std::string skip_rows_because_;
};

}  // namespace

absl::Status CheckDatabase(const std::string& path, CheckDepth depth, const CheckObserver& observer,
                           const std::string& artifacts) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) {
    return MakeError(absl::StatusCode::kNotFound, reason::kDatabaseMissing,
                     absl::StrCat("there is no database ", path));
  }
  return Guarded("check the database", [&]() -> absl::Status {
    Checker checker(path, observer);
    ADARES_RETURN_IF_ERROR(checker.Structure());
    if (depth != CheckDepth::kStructure) ADARES_RETURN_IF_ERROR(checker.Domain());
    if (artifacts.empty()) return absl::OkStatus();
    ADARES_RETURN_IF_ERROR(checker.Blobs(artifacts));
    return depth == CheckDepth::kDeep ? checker.BlobContents(artifacts) : absl::OkStatus();
  });
}

absl::Status CheckStructure(const std::string& path, const std::function<bool()>& stop) {
  absl::Status first;
  CheckObserver observer;
  observer.stop = stop;
  observer.end = [&](const CheckResult& result) {
    if (!first.ok() || result.outcome != CheckResult::Outcome::kFailed) return;
    const CheckFinding& finding = result.findings.front();
    const std::string problem =
        absl::StrCat(finding.subject, finding.subject.empty() ? "" : ": ", finding.problem);
    first = result.check == "schema"
                ? MakeError(absl::StatusCode::kFailedPrecondition, reason::kSchemaMismatch, problem)
                : MakeError(absl::StatusCode::kDataLoss, reason::kDatabaseCorrupt,
                            absl::StrCat(path, " is damaged: ", problem));
  };
  ADARES_RETURN_IF_ERROR(CheckDatabase(path, CheckDepth::kStructure, observer));
  return first;
}

absl::StatusOr<DatabaseContents> ContentsOf(const std::string& path) {
  return Guarded("count the database's sweeps", [&]() -> absl::StatusOr<DatabaseContents> {
    Connection connection(path, ReadingMode(path));
    return DatabaseContents{connection.ExecuteAndGetInt("SELECT count(*) FROM sweep"),
                            connection.ExecuteAndGetInt("SELECT count(*) FROM trial")};
  });
}

}  // namespace adares
