// A recording to look at: four minutes of one scalable unit, in which a pump trips after two.
#pragma once

#include "tests/app/program.h"

#include <catch2/catch.hpp>

#include <string>

namespace racktwin {

// Writes the scenario into a directory and gives its path.
inline std::string write_example(const TemporaryDirectory& directory) {
  const std::string path = directory.path("example.toml");
  write_text(path, "include = [\"" RACKTWIN_SOURCE_DIRECTORY
                   "/racks/scenarios/gb200-su-llama405b.toml\"]\n"
                   "duration = \"4 min\"\n"
                   "[[event]]\nat = \"2 min\"\npath = \"hall/cdu-1/pump-2\"\nstate = \"tripped\"\n");
  return path;
}

// The same with a rack that a run can change alone: all of its GPUs are told apart from others, from the start.
inline std::string write_one_apart(const TemporaryDirectory& directory) {
  const std::string path = directory.path("apart.toml");
  write_text(path, "include = [\"" + write_example(directory) +
                       "\"]\n"
                       "[[event]]\nat = \"0 s\"\npath = \"hall/row-a/rack-06\"\nclock_limit = \"100 %\"\n");
  return path;
}

inline std::string record_example(const TemporaryDirectory& directory) {
  const std::string path = directory.path("example.racktwin");
  const ProgramResult run = run_program({"run", write_example(directory), "-o", path, "-q"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  return path;
}

}  // namespace racktwin
