// A file that is known again whatever becomes of its name.
//
// It only holds a place, so closing it loses none of SQLite's locks; and while it lives no other file gets the inode
// number. Thread rule: one thread per PinnedFile.
#pragma once

#include <string>

namespace racktwin {

class PinnedFile {
 public:
  explicit PinnedFile(const std::string& path);  // of what the name leads to now; it may be nothing
  ~PinnedFile();
  PinnedFile(const PinnedFile&) = delete;
  PinnedFile& operator=(const PinnedFile&) = delete;

  bool is_at(const std::string& path) const;  // the name leads to it
  bool is_deleted() const;                    // no name leads to it

 private:
  int file_;
};

}  // namespace racktwin
