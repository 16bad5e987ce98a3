#include "sim/recording/pinned_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace racktwin {

PinnedFile::PinnedFile(const std::string& path) : file_(::open(path.c_str(), O_PATH | O_CLOEXEC)) {}

PinnedFile::~PinnedFile() {
  if (file_ >= 0) ::close(file_);
}

bool PinnedFile::is_at(const std::string& path) const {
  struct stat self {};
  struct stat other {};
  return file_ >= 0 && ::fstat(file_, &self) == 0 && ::stat(path.c_str(), &other) == 0 && self.st_dev == other.st_dev &&
         self.st_ino == other.st_ino;
}

bool PinnedFile::is_deleted() const {
  struct stat self {};
  return file_ >= 0 && ::fstat(file_, &self) == 0 && self.st_nlink == 0;
}

}  // namespace racktwin
