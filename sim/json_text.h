// Text as a JSON string, quotes included. Thread rule: pure function.
#pragma once

#include <string>
#include <string_view>

namespace racktwin {

// source: RFC 8259, section 7
std::string json_text(std::string_view text);

}  // namespace racktwin
