// A file that appears whole or not at all: written under a temporary name beside its own, then renamed.
//
// One that is destroyed before finish() leaves nothing behind. Thread rule: one thread per NewFile.
#pragma once

#include "sim/result.h"

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

namespace racktwin {

class NewFile {
 public:
  // Errors: kIo if something has the name that is no regular file, if a file has it and force is false, or if none can
  // be created there.
  static Result<NewFile> create(const std::string& path, bool force);

  std::FILE* stream() { return stream_.get(); }
  Result<void> write(std::string_view bytes);
  Result<void> finish();  // the last call

  NewFile(NewFile&&) noexcept = default;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();

 private:
  struct Close {
    void operator()(std::FILE* stream) const { std::fclose(stream); }
  };
  NewFile(std::string path, std::string temporary, std::FILE* stream);
  std::string path_, temporary_;
  std::unique_ptr<std::FILE, Close> stream_;  // nullptr: finished, or moved from
};

}  // namespace racktwin
