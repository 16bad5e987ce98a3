// A file that is there as a whole or not at all. Thread rule: one thread per path.
#pragma once

#include "sim/result.h"

#include <string>
#include <string_view>

namespace racktwin {

// What is known before the bytes are: kIo if the path is no regular file, is there and force is false, or is in no
// directory.
Result<void> check_output_file(const std::string& path, bool force);

// Writes beside the path under a name of its own and renames, so that an earlier file stays whole if this fails.
// Errors: as above, and kIo for what the system says.
Result<void> write_file(const std::string& path, std::string_view bytes, bool force);

}  // namespace racktwin
