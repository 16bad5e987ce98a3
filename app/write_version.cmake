# Writes OUTPUT, a definition of racktwin::version_text(): VERSION and, in a git checkout, the commit ("+": changed since).
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty=+ --abbrev=10 --exclude=*
                OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE status)
if(status EQUAL 0)
  string(APPEND VERSION " (${commit})")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT [[
#include "app/cli/version.h"

namespace racktwin {

std::string_view version_text() { return "@VERSION@"; }

}  // namespace racktwin
]] @ONLY)
