// 64-bit FNV-1a, to tell texts and recordings apart; no protection against anybody who means harm.
// source: Fowler, Noll, Vo, draft-eastlake-fnv, section 5. Thread rule: one thread per hash.
#pragma once

#include <cstddef>
#include <cstdint>

namespace racktwin {

class Fnv1a {
 public:
  void add(const void* data, std::size_t bytes) {
    const auto* begin = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < bytes; ++i) hash_ = (hash_ ^ begin[i]) * 0x100000001b3U;
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace racktwin
