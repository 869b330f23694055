#include "segment.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace treebus::os {

namespace {

constexpr mode_t kOwnerOnly = S_IRUSR | S_IWUSR;

Failure SystemFailure(int error) { return {error, nullptr}; }
Failure Refusal(const char* why) { return {0, why}; }

#ifdef __linux__
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;

Descriptor CreateSealable() {
  constexpr unsigned kNoExecution = 0x0008u;  // MFD_NOEXEC_SEAL, Linux 6.3.
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create("treebus", kFlags | kNoExecution);
  if (fd >= 0 || errno != EINVAL) return Descriptor(fd);
  return Descriptor(memfd_create("treebus", kFlags));
}
#endif

/// Pages are reserved here: later there is no error to return, only SIGBUS.
int Reserve(int fd, std::size_t bytes) {
#ifdef __linux__
  int error;
  do {
    error = posix_fallocate(fd, 0, static_cast<off_t>(bytes));
  } while (error == EINTR);
  return error;
#else
  return ftruncate(fd, static_cast<off_t>(bytes)) == 0 ? 0 : errno;
#endif
}

std::string PathOf(const std::string& name) { return "/" + name; }

const char* WhyNotOurs(const struct stat& facts, std::size_t bytes) {
  if (!S_ISREG(facts.st_mode)) return "not_memory";
  if (facts.st_uid != geteuid()) return "wrong_owner";
  if ((facts.st_mode & 07777) != kOwnerOnly) return "wrong_mode";
  if (static_cast<std::size_t>(facts.st_size) != bytes) return "wrong_size";
  return nullptr;
}

}  // namespace

bool IsSegmentName(const std::string& name) {
  constexpr std::string_view kPrefix = "treebus-";
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return name.size() == kPrefix.size() + 32 && name.starts_with(kPrefix) &&
         std::all_of(name.begin() + kPrefix.size(), name.end(), is_digit);
}

Outcome<Segment> Segment::CreateAnonymous(std::uint32_t ring_bytes, ring::Nonce nonce) {
#ifdef __linux__
  Descriptor file = CreateSealable();
  if (!file) return SystemFailure(errno);
  return Format(Segment(std::move(file), ""), ring_bytes, nonce);
#else
  (void)ring_bytes;
  (void)nonce;
  return SystemFailure(ENOSYS);
#endif
}

Outcome<Segment> Segment::CreateNamed(std::string name, std::uint32_t ring_bytes,
                                      ring::Nonce nonce) {
  if (!IsSegmentName(name)) return Refusal("bad_name");
  Descriptor file(shm_open(PathOf(name).c_str(), O_RDWR | O_CREAT | O_EXCL, kOwnerOnly));
  if (!file) return SystemFailure(errno);
  return Format(Segment(std::move(file), std::move(name)), ring_bytes, nonce);
}

/// Where it fails, the destructor of `segment` takes away what was made.
Outcome<Segment> Segment::Format(Segment segment, std::uint32_t ring_bytes, ring::Nonce nonce) {
  if (!ring::IsRingBytes(ring_bytes)) return Refusal("bad_size");
  const std::size_t bytes = ring::SegmentBytes(ring_bytes);
  const int fd = segment.descriptor();
  if (fchmod(fd, kOwnerOnly) != 0) return SystemFailure(errno);
  if (const int error = Reserve(fd, bytes); error != 0) return SystemFailure(error);
#ifdef __linux__
  if (segment.name_.empty() && fcntl(fd, F_ADD_SEALS, kSeals) != 0) return SystemFailure(errno);
#endif
  if (const int error = segment.Map(bytes); error != 0) return SystemFailure(error);
  ring::Format(segment.memory_, ring_bytes, nonce);
  return segment;
}

Outcome<Segment> Segment::OpenAnonymous(pid_t pid, int fd, std::uint32_t ring_bytes,
                                        ring::Nonce nonce) {
#ifdef __linux__
  const std::string path = "/proc/" + std::to_string(pid) + "/fd/" + std::to_string(fd);
  // What is opened was named by the peer and may be anything of ours: no waiting, no terminal.
  Descriptor file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) return SystemFailure(errno);
  const int seals = fcntl(file.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) return Refusal("not_sealed");
  return Check(Segment(std::move(file), ""), ring_bytes, nonce);
#else
  (void)pid, (void)fd, (void)ring_bytes, (void)nonce;
  return SystemFailure(ENOSYS);
#endif
}

Outcome<Segment> Segment::OpenNamed(const std::string& name, std::uint32_t ring_bytes,
                                    ring::Nonce nonce) {
  if (!IsSegmentName(name)) return Refusal("bad_name");
  Descriptor file(shm_open(PathOf(name).c_str(), O_RDWR | O_NOFOLLOW, 0));
  if (!file) return SystemFailure(errno);
  return Check(Segment(std::move(file), ""), ring_bytes, nonce);
}

Outcome<Segment> Segment::Check(Segment segment, std::uint32_t ring_bytes, ring::Nonce nonce) {
  if (!ring::IsRingBytes(ring_bytes)) return Refusal("bad_size");
  const std::size_t bytes = ring::SegmentBytes(ring_bytes);
  struct stat facts;
  if (fstat(segment.descriptor(), &facts) != 0) return SystemFailure(errno);
  if (const char* why = WhyNotOurs(facts, bytes)) return Refusal(why);
  if (const int error = segment.Map(bytes); error != 0) return SystemFailure(error);
  segment.file_.Close();
  if (!ring::IsFormatted(segment.memory_, ring_bytes, nonce)) return Refusal("wrong_header");
  return segment;
}

int Segment::Map(std::size_t bytes) {
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file_.get(), 0);
  if (at == MAP_FAILED) return errno;
  memory_ = {static_cast<std::uint8_t*>(at), bytes};
  return 0;
}

void Segment::Withdraw() {
  struct stat ours;
  struct stat there;
  if (!name_.empty() && file_ && fstat(file_.get(), &ours) == 0) {
    // Only what we made: the name may be another's by now.
    const Descriptor now(shm_open(PathOf(name_).c_str(), O_RDONLY | O_NOFOLLOW, 0));
    const bool same = now && fstat(now.get(), &there) == 0 && there.st_ino == ours.st_ino &&
                      there.st_dev == ours.st_dev;
    if (same) shm_unlink(PathOf(name_).c_str());
  }
  name_.clear();
  file_.Close();
}

Segment::Segment(Segment&& other) noexcept
    : memory_(std::exchange(other.memory_, {})),
      file_(std::move(other.file_)),
      name_(std::exchange(other.name_, {})) {}

Segment::~Segment() {
  Withdraw();
  if (!memory_.empty()) munmap(memory_.data(), memory_.size());
}

}  // namespace treebus::os
