#include "doorbell.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace treebus::os {

namespace {

bool MakeQuiet(int fd) {
  return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

}  // namespace

Outcome<Doorbell> Doorbell::Create() {
  int ends[2];
  if (pipe(ends) != 0) return Failure{errno, nullptr};
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  if (!MakeQuiet(ends[0]) || !MakeQuiet(ends[1])) return Failure{errno, nullptr};
  return Doorbell(std::move(read_end), std::move(write_end));
}

void Doorbell::Silence() {
  std::uint8_t rung[512];
  while (read(read_end_.get(), rung, sizeof rung) == static_cast<ssize_t>(sizeof rung)) continue;
}

Outcome<BellRope> BellRope::Open(pid_t pid, int fd) {
#ifdef __linux__
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  Descriptor end(open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!end) return Failure{errno, nullptr};
  struct stat facts;
  if (fstat(end.get(), &facts) != 0) return Failure{errno, nullptr};
  if (!S_ISFIFO(facts.st_mode)) return Failure{0, "not_a_bell"};
  if (facts.st_uid != geteuid()) return Failure{0, "wrong_owner"};
  return BellRope(std::move(end));
#else
  (void)pid, (void)fd;
  return Failure{ENOSYS, nullptr};
#endif
}

void BellRope::Ring() {
  const std::uint8_t once = 1;
  [[maybe_unused]] const ssize_t written = write(pipe_.get(), &once, 1);
}

}  // namespace treebus::os
