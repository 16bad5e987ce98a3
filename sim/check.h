// Assertions about our own code. Never triggered by user input: that is an Error (result.h).
#pragma once

#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace racktwin::detail {

[[noreturn]] inline void check_failed(const char* file, int line, const std::string& what) {
  fmt::print(stderr, "racktwin: internal error: {}:{}: {}\n", file, line, what);
  std::abort();
}

}  // namespace racktwin::detail

#define RT_CHECK(condition)                                                                         \
  do {                                                                                              \
    if (!(condition)) ::racktwin::detail::check_failed(__FILE__, __LINE__, "expected " #condition); \
  } while (false)

#define RT_CHECK_EQ(a, b)                                                                                       \
  do {                                                                                                          \
    const auto& rt_check_a = (a);                                                                               \
    const auto& rt_check_b = (b);                                                                               \
    if (!(rt_check_a == rt_check_b))                                                                            \
      ::racktwin::detail::check_failed(                                                                         \
          __FILE__, __LINE__, fmt::format("expected {} == {}, got {} and {}", #a, #b, rt_check_a, rt_check_b)); \
  } while (false)
