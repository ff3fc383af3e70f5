// Which data sets a machine has, by the names of its files. Thread-safe.
#pragma once

#include <set>
#include <string>

namespace adares::worker {

// As trials ask for them (core/requirement.h): data sets whose published files are all there, and
// `folder/NAME` for each folder with a part to train on whose name is UTF-8. What the files hold is
// not looked at. Empty where no folder is named; at most kMaxWorkerDatasets.
std::set<std::string> DatasetsIn(const std::string& data_dir);

}  // namespace adares::worker
