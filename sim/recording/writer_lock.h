// Whether somebody is writing a recording: its writer holds a lock in the write-ahead log, which the kernel lets go of
// at whatever end the writer comes to.
//
// The lock is in the log and not in the recording, because SQLite has its own locks there, and a process that closes
// any descriptor of a file loses them all. Thread rule: one thread per lock.
#pragma once

#include <string>

namespace racktwin::recording {

class WriterLock {
 public:
  explicit WriterLock(const std::string& wal);  // that exists
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

  // Asks without taking it. Where locks are not to be had, whoever might be writing counts.
  static bool is_held(const std::string& wal);

 private:
  int file_ = -1;
};

}  // namespace racktwin::recording
