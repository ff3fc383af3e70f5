// How many cores a process may use, which in a container is fewer than the machine has.
// Thread-safe.
#pragma once

#include <string>

namespace adares {

// What the calling thread's affinity mask allows, or less where the CPU quota of a control group
// says so; at least 1.
int AvailableCores();

// The smallest quota of the control groups that `membership` (the text of /proc/self/cgroup) names
// and of those above them, in cores, rounded up; 0 where none has one. The groups' folders stand
// below `root` (/sys/fs/cgroup), in the layout of version 1 or 2.
int CoresByQuota(const std::string& membership, const std::string& root);

}  // namespace adares
