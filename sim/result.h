// Errors as values: where the user's input went wrong, and what to do about it.
//
// Not for bugs: those are RT_CHECK (check.h). Third-party exceptions are caught in the one file that sees the library
// and become an Error there. Thread rule: plain values.
#pragma once

#include <tl/expected.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

// A place in an input file. line and column count from 1; 0 means unknown (a file as a whole, or a command line).
struct SourceLoc {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};

enum class ErrorCode {
  kBadInput,     // exit code 2
  kIo,           // exit code 3
  kNoGraphics,   // exit code 4
  kInternal,     // exit code 70
  kInterrupted,  // exit code 130
};

struct Error {
  ErrorCode code = ErrorCode::kBadInput;
  std::string message;             // one sentence, lower case, no full stop
  SourceLoc loc;                   // where it was written, if in a file
  int length = 1;                  // [characters] to underline at loc
  std::string hint;                // what to do, printed beside the caret: expected a power, e.g. "132 kW"
  std::vector<std::string> notes;  // further lines, e.g. an itemised sum
};

// All errors of a user's input are collected before anything is returned.
using Errors = std::vector<Error>;

template <class T>
using Result = tl::expected<T, Errors>;

inline tl::unexpected<Errors> fail(Error error) { return tl::unexpected<Errors>(Errors{std::move(error)}); }
inline tl::unexpected<Errors> fail(Errors errors) { return tl::unexpected<Errors>(std::move(errors)); }
inline tl::unexpected<Errors> fail(ErrorCode code, std::string message) {
  return fail(Error{code, std::move(message), {}, 1, {}, {}});
}

}  // namespace racktwin
