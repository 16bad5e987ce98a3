#include "sim/recording/writer_lock.h"

#include <fcntl.h>
#include <unistd.h>

namespace racktwin::recording {
namespace {

struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

WriterLock::WriterLock(const std::string& wal) : file_(::open(wal.c_str(), O_RDWR | O_CLOEXEC)) {
  struct flock lock = whole_file(F_WRLCK);
  if (file_ >= 0) ::fcntl(file_, F_OFD_SETLK, &lock);
}

WriterLock::~WriterLock() {
  if (file_ >= 0) ::close(file_);
}

bool WriterLock::is_held(const std::string& wal) {
  const int file = ::open(wal.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  struct flock lock = whole_file(F_RDLCK);
  const bool is_held = ::fcntl(file, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
  ::close(file);
  return is_held;
}

}  // namespace racktwin::recording
