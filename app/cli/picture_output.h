// Where a picture goes: a file, standard output, or something else that takes bytes, such as a pipe. Thread rule: main
// thread.
#pragma once

#include "render/image/image.h"
#include "sim/result.h"

#include <string>

namespace racktwin {

// Looked at before anything is drawn. Errors: kBadInput if the name is no PNG's, or if it is a terminal; kIo if a file
// exists and force is false.
Result<void> check_picture_output(const std::string& output, bool force);

// "-" is standard output. Errors: kIo.
Result<void> write_picture(const std::string& output, const Image& image, const PngText& text, bool force);

// "wrote hall.png\n"; empty where the picture itself went to standard output.
std::string written_text(const std::string& output);

}  // namespace racktwin
