// "0.1.0 (c0753150a1)": the version and, if it was built in a git checkout, the commit. Written by write_version.cmake.
#pragma once

#include <string_view>

namespace racktwin {

std::string_view version_text();

}  // namespace racktwin
