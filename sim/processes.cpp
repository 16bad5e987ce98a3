#include "sim/processes.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

namespace racktwin {
namespace {

struct AnswerHead {
  std::uint64_t job, bytes;
};

bool write_all(int fd, const void* data, std::size_t bytes) {
  const char* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::write(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

bool read_all(int fd, void* data, std::size_t bytes) {
  char* p = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::read(fd, p, bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    p += n;
    bytes -= static_cast<std::size_t>(n);
  }
  return true;
}

// The number of the next job, in memory that parent and children share.
class SharedCounter {
 public:
  SharedCounter() {
    void* page =
        ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED) value_ = new (page) std::atomic<std::uint64_t>(0);
  }
  ~SharedCounter() {
    if (value_ != nullptr) ::munmap(value_, sizeof(*value_));
  }
  SharedCounter(const SharedCounter&) = delete;
  SharedCounter& operator=(const SharedCounter&) = delete;

  bool is_there() const { return value_ != nullptr; }
  std::uint64_t next() { return (*value_)++; }
  void skip_to(std::uint64_t job) { *value_ = job; }

 private:
  std::atomic<std::uint64_t>* value_ = nullptr;
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
};

struct Child {
  pid_t pid;
  int fd;
};

// A terminal interrupts all processes at once. What is to end is the parent's choice; SimGrid would crash.
void leave_interrupts_to_parent() {
  sigset_t interrupt;
  ::sigemptyset(&interrupt);
  ::sigaddset(&interrupt, SIGINT);
  ::sigprocmask(SIG_BLOCK, &interrupt, nullptr);
}

// Sends the answers of the jobs that it takes; never returns.
[[noreturn]] void run_child(std::size_t jobs, SharedCounter& counter, int fd,
                            const std::function<std::string(std::size_t)>& work) {
  for (std::uint64_t job = counter.next(); job < jobs; job = counter.next()) {
    try {
      const std::string answer = work(job);
      const AnswerHead head{job, answer.size()};
      if (!write_all(fd, &head, sizeof head) || !write_all(fd, answer.data(), answer.size())) ::_exit(70);
    } catch (const std::exception& e) {
      fmt::print(stderr, "racktwin: {}\n", e.what());
    }
  }
  ::_exit(0);
}

// Reads one answer of a child whose pipe has something to say; false at its end.
bool take_answer(int fd, std::vector<std::optional<std::string>>& answers) {
  AnswerHead head;
  if (!read_all(fd, &head, sizeof head)) return false;
  std::string answer(head.bytes, '\0');
  if (!read_all(fd, answer.data(), answer.size())) return false;
  answers[head.job] = std::move(answer);
  return true;
}

// `stop` ends what is left: once `goes_on` has said no.
void collect(std::vector<Child> children, std::vector<std::optional<std::string>>& answers,
             const std::function<bool(std::size_t)>& goes_on, const std::function<void()>& stop) {
  bool has_stopped = false;
  std::size_t answered = 0;
  const auto ask = [&] {
    if (has_stopped || !goes_on || goes_on(answered)) return;
    has_stopped = true;
    stop();
    for (const Child& c : children) ::kill(c.pid, SIGTERM);
  };
  while (!children.empty()) {
    std::vector<pollfd> waiting;
    for (const Child& c : children) waiting.push_back({c.fd, POLLIN, 0});
    if (::poll(waiting.data(), waiting.size(), -1) < 0) {  // a signal
      ask();
      continue;
    }
    for (std::size_t i = children.size(); i-- > 0;) {
      if (waiting[i].revents == 0) continue;
      if (take_answer(children[i].fd, answers)) {
        ++answered;
        ask();
        continue;
      }
      ::close(children[i].fd);
      while (::waitpid(children[i].pid, nullptr, 0) < 0 && errno == EINTR) {
      }
      children.erase(children.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace

Result<std::vector<std::optional<std::string>>> in_processes(std::size_t jobs, unsigned processes,
                                                             const std::function<std::string(std::size_t)>& work,
                                                             const std::function<bool(std::size_t)>& goes_on) {
  std::vector<std::optional<std::string>> answers(jobs);
  SharedCounter counter;
  if (!counter.is_there())
    return fail(ErrorCode::kIo, fmt::format("cannot map shared memory: {}", std::strerror(errno)));
  std::fflush(nullptr);
  std::vector<Child> children;
  int error = 0;
  const pid_t parent = ::getpid();
  while (children.size() < std::min<std::size_t>(std::max(processes, 1U), jobs)) {
    std::array<int, 2> fds{};
    if (::pipe(fds.data()) != 0) {
      error = errno;
      break;
    }
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (::getppid() != parent) ::_exit(70);
      leave_interrupts_to_parent();
      for (const Child& c : children) ::close(c.fd);
      ::close(fds[0]);
      run_child(jobs, counter, fds[1], work);
    }
    error = errno;
    ::close(fds[1]);
    if (pid < 0) {
      ::close(fds[0]);
      break;
    }
    children.push_back({pid, fds[0]});
  }
  // With fewer processes than asked for it only takes longer.
  if (children.empty() && jobs > 0)
    return fail(ErrorCode::kIo, fmt::format("cannot start a process: {}", std::strerror(error)));
  collect(std::move(children), answers, goes_on, [&] { counter.skip_to(jobs); });
  return answers;
}

}  // namespace racktwin
