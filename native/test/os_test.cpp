// Segments and doorbells: what is refused, what is left behind.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <random>
#include <string_view>

#include "../os/doorbell.hpp"
#include "../os/segment.hpp"
#include "check.hpp"

using namespace treebus;
using os::Segment;

namespace {

constexpr std::uint32_t kRing = 64 * 1024;
const std::uint8_t kNonceBytes[16] = {9, 8, 7};
const ring::Nonce kNonce(kNonceBytes);

std::string FreshName() {
  static std::random_device random;
  constexpr char kDigits[] = "0123456789abcdef";
  std::string name = "treebus-";
  for (int i = 0; i < 32; ++i) name += kDigits[random() % 16];
  return name;
}

bool Exists(const std::string& name) {
  const os::Descriptor file(shm_open(("/" + name).c_str(), O_RDONLY, 0));
  return static_cast<bool>(file);
}

bool Refused(const os::Outcome<Segment>& outcome, std::string_view why) {
  return !outcome && outcome.failure().refusal != nullptr && why == outcome.failure().refusal;
}

/// Lowest descriptor that is free: the same before and after where nothing was leaked.
int NextDescriptor() {
  const os::Descriptor file(open("/dev/null", O_RDONLY));
  return file.get();
}

void BothKindsAreSharedAndLeaveNothing() {
  const int before = NextDescriptor();
  const std::string name = FreshName();
  for (const bool named : {false, true}) {
    auto owner = named ? Segment::CreateNamed(name, kRing, kNonce)
                       : Segment::CreateAnonymous(kRing, kNonce);
    CHECK(static_cast<bool>(owner));
    if (!owner) return;
    const int fd = owner.value().descriptor();
    auto guest = named ? Segment::OpenNamed(name, kRing, kNonce)
                       : Segment::OpenAnonymous(getpid(), fd, kRing, kNonce);
    CHECK(static_cast<bool>(guest));
    if (!guest) return;
    owner.value().memory()[5000] = 77;
    CHECK(guest.value().memory()[5000] == 77);
    owner.value().Withdraw();
    CHECK(!Exists(name));
    CHECK(!Segment::OpenAnonymous(getpid(), fd, kRing, kNonce));
    CHECK(NextDescriptor() == before);
  }
}

void WhatIsNotOursIsRefused() {
  const std::string name = FreshName();
  const std::string path = "/" + name;
  auto owner = Segment::CreateNamed(name, kRing, kNonce);
  CHECK(static_cast<bool>(owner));
  const std::uint8_t other[16] = {1};
  CHECK(Refused(Segment::OpenNamed(name, kRing, ring::Nonce(other)), "wrong_header"));
  CHECK(Refused(Segment::OpenNamed(name, kRing * 2, kNonce), "wrong_size"));
  CHECK(Refused(Segment::OpenNamed(name, 12345, kNonce), "bad_size"));
  fchmod(owner.value().descriptor(), 0660);
  CHECK(Refused(Segment::OpenNamed(name, kRing, kNonce), "wrong_mode"));
  fchmod(owner.value().descriptor(), 0600);
  if (geteuid() == 0) {
    CHECK(fchown(owner.value().descriptor(), 1, 1) == 0);
    CHECK(Refused(Segment::OpenNamed(name, kRing, kNonce), "wrong_owner"));
  } else {
    std::printf("skip wrong owner: only root can give a file away\n");
  }
}

void ANameOutsideThePatternIsRefused() {
  const std::string good = FreshName();
  CHECK(os::IsSegmentName(good));
  for (const std::string& bad : {good + "0", good.substr(1), std::string("treebus-") + good,
                                 std::string("../") + good, std::string(40, 'a'), std::string(),
                                 good.substr(0, 39) + "G", good.substr(0, 39) + "/"}) {
    CHECK(Refused(Segment::CreateNamed(bad, kRing, kNonce), "bad_name"));
    CHECK(Refused(Segment::OpenNamed(bad, kRing, kNonce), "bad_name"));
  }
}

void ASquattedNameIsLeftAlone() {
  const std::string name = FreshName();
  const std::string path = "/" + name;
  const os::Descriptor squatter(shm_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0666));
  auto refused = Segment::CreateNamed(name, kRing, kNonce);
  CHECK(!refused && refused.failure().error == EEXIST);
  CHECK(Exists(name));
  shm_unlink(path.c_str());
}

void ANameTakenByAnotherIsNotRemoved() {
  const std::string name = FreshName();
  const std::string path = "/" + name;
  auto owner = Segment::CreateNamed(name, kRing, kNonce);
  shm_unlink(path.c_str());
  const os::Descriptor other(shm_open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600));
  owner.value().Withdraw();
  CHECK(Exists(name));
  shm_unlink(path.c_str());
}

void ASymbolicLinkIsNotFollowed() {
  const std::string name = FreshName();
  const std::string target = FreshName();
  auto owner = Segment::CreateNamed(target, kRing, kNonce);
  const std::string link = "/dev/shm/" + name;
  if (symlink(("/dev/shm/" + target).c_str(), link.c_str()) != 0) {
    std::printf("skip symbolic link: no /dev/shm\n");
    return;
  }
  auto refused = Segment::OpenNamed(name, kRing, kNonce);
  CHECK(!refused && refused.failure().error == ELOOP);
  auto squatted = Segment::CreateNamed(name, kRing, kNonce);
  CHECK(!squatted && squatted.failure().error == EEXIST);
  unlink(link.c_str());
}

#ifdef __linux__
void AnUnnamedOneCannotBeTruncated() {
  auto owner = Segment::CreateAnonymous(kRing, kNonce);
  CHECK(ftruncate(owner.value().descriptor(), 0) == -1 && errno == EPERM);
  CHECK(ftruncate(owner.value().descriptor(), 1 << 24) == -1 && errno == EPERM);
}

/// A peer names files, pipes, devices and unsealed memory of ours.
void ADescriptorOfAnotherKindIsRefused() {
  const os::Descriptor null(open("/dev/null", O_RDWR));
  CHECK(Refused(Segment::OpenAnonymous(getpid(), null.get(), kRing, kNonce), "not_sealed"));
  int ends[2];
  CHECK(pipe(ends) == 0);
  const os::Descriptor a(ends[0]);
  const os::Descriptor b(ends[1]);
  CHECK(Refused(Segment::OpenAnonymous(getpid(), ends[0], kRing, kNonce), "not_sealed"));
  const os::Descriptor loose(memfd_create("loose", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  CHECK(ftruncate(loose.get(), ring::SegmentBytes(kRing)) == 0);
  CHECK(Refused(Segment::OpenAnonymous(getpid(), loose.get(), kRing, kNonce), "not_sealed"));
  CHECK(Segment::OpenAnonymous(getpid(), 9999, kRing, kNonce).failure().error == ENOENT);
  CHECK(Segment::OpenAnonymous(-1, 0, kRing, kNonce).failure().error == ENOENT);
}

void ABellIsHeardAndNothingElseIsRung() {
  auto bell = os::Doorbell::Create();
  auto rope = os::BellRope::Open(getpid(), bell.value().named());
  CHECK(static_cast<bool>(rope));
  std::uint8_t byte;
  CHECK(read(bell.value().watched(), &byte, 1) == -1 && errno == EAGAIN);
  // Far more often than a pipe holds: it must not wait.
  for (int i = 0; i < 200'000; ++i) rope.value().Ring();
  CHECK(read(bell.value().watched(), &byte, 1) == 1);
  bell.value().Silence();
  CHECK(read(bell.value().watched(), &byte, 1) == -1 && errno == EAGAIN);
  const os::Descriptor null(open("/dev/null", O_RDWR));
  const auto refused = os::BellRope::Open(getpid(), null.get());
  CHECK(!refused && std::string_view("not_a_bell") == refused.failure().refusal);
}
#endif

/// In a child: the limit would bind the tests after it.
void WithoutDescriptorsItSaysSo() {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const rlimit none = {static_cast<rlim_t>(NextDescriptor()),
                         static_cast<rlim_t>(NextDescriptor())};
    setrlimit(RLIMIT_NOFILE, &none);
    const bool said = Segment::CreateAnonymous(kRing, kNonce).failure().error == EMFILE &&
                      Segment::CreateNamed(FreshName(), kRing, kNonce).failure().error == EMFILE &&
                      os::Doorbell::Create().failure().error == EMFILE;
    _exit(said ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace

int main() {
  const test::Rule rules[] = {
      {"both kinds are shared, and leave neither name nor descriptor",
       BothKindsAreSharedAndLeaveNothing},
      {"a segment that is not ours is refused by reason", WhatIsNotOursIsRefused},
      {"a name outside the pattern is refused", ANameOutsideThePatternIsRefused},
      {"a squatted name is refused and left alone", ASquattedNameIsLeftAlone},
      {"a name that another took meanwhile is not removed", ANameTakenByAnotherIsNotRemoved},
      {"a symbolic link is not followed", ASymbolicLinkIsNotFollowed},
#ifdef __linux__
      {"an unnamed segment cannot be truncated", AnUnnamedOneCannotBeTruncated},
      {"a descriptor of another kind is refused", ADescriptorOfAnotherKindIsRefused},
      {"a bell is heard, and nothing else is rung", ABellIsHeardAndNothingElseIsRung},
#endif
      {"without descriptors it says so", WithoutDescriptorsItSaysSo},
  };
  return test::RunAll(rules);
}
