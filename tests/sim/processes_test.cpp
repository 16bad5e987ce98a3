#include "sim/processes.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <csignal>
#include <set>
#include <stdexcept>

namespace racktwin {
namespace {

TEST_CASE("answers come in the order of the jobs, whichever process had them") {
  const auto answers =
      in_processes(200, 4, [](std::size_t job) { return std::string(job % 7, 'x') + std::to_string(job); });
  REQUIRE(answers);
  REQUIRE(answers->size() == 200);
  for (std::size_t job = 0; job < answers->size(); ++job)
    CHECK((*answers)[job] == std::string(job % 7, 'x') + std::to_string(job));
}

TEST_CASE("an answer may be larger than a pipe, or empty, or hold any byte") {
  const auto answers = in_processes(3, 2, [](std::size_t job) {
    return job == 0 ? std::string(3'000'000, 'a') : job == 1 ? std::string() : std::string("a\0b", 3);
  });
  REQUIRE(answers);
  CHECK((*answers)[0] == std::string(3'000'000, 'a'));
  CHECK((*answers)[1] == std::string());
  CHECK((*answers)[2] == std::string("a\0b", 3));
}

TEST_CASE("a job that dies or throws has no answer, the others have theirs") {
  const auto answers = in_processes(6, 2, [](std::size_t job) -> std::string {
    if (job == 1) ::_exit(3);
    if (job == 4) throw std::runtime_error("job 4 throws, as it is meant to");
    return std::to_string(job);
  });
  REQUIRE(answers);
  CHECK_FALSE((*answers)[1]);
  CHECK_FALSE((*answers)[4]);
  for (const std::size_t job : {0U, 2U, 3U, 5U}) CHECK((*answers)[job] == std::to_string(job));
}

TEST_CASE("jobs run in other processes, no more of them than asked for") {
  const auto answers = in_processes(50, 3, [](std::size_t) { return std::to_string(::getpid()); });
  REQUIRE(answers);
  std::set<std::string> processes;
  for (const auto& answer : *answers) processes.insert(answer.value());
  CHECK(processes.size() <= 3);
  CHECK_FALSE(processes.contains(std::to_string(::getpid())));
  CHECK(in_processes(0, 3, [](std::size_t) { return std::string(); })->empty());
}

TEST_CASE("once it is told to stop, no further job is begun and those that run are asked to end") {
  std::signal(SIGTERM, SIG_DFL);  // else the processes that are asked to end report it as failures of this test
  std::size_t told = 0;
  const auto answers = in_processes(
      100, 2,
      [](std::size_t job) -> std::string {
        if (job >= 4) ::pause();  // until a signal
        return "done";
      },
      [&](std::size_t answered) {
        told = answered;
        return answered < 4;
      });
  REQUIRE(answers);
  CHECK(told == 4);
  for (std::size_t job = 0; job < 100; ++job) CHECK((*answers)[job].has_value() == (job < 4));
}

TEST_CASE("an interrupt that reaches all processes ends no job: that is for the parent") {
  const auto answers = in_processes(1, 1, [](std::size_t) {
    std::signal(SIGINT, SIG_DFL);
    ::raise(SIGINT);
    return std::string("goes on");
  });
  REQUIRE(answers);
  CHECK(answers->front() == "goes on");
}

TEST_CASE("a job may have processes of its own") {
  const auto answers = in_processes(4, 2, [](std::size_t job) {
    const auto inner = in_processes(1, 1, [job](std::size_t) { return std::to_string(10 * job); });
    return inner ? inner->front().value_or("none") : "failed";
  });
  REQUIRE(answers);
  for (std::size_t job = 0; job < 4; ++job) CHECK((*answers)[job] == std::to_string(10 * job));
}

}  // namespace
}  // namespace racktwin
