// The keeper and the runner talk over a pair of sockets that keeps messages apart: a request is
// words with a zero byte after each, an answer is empty or the text of an error, and may bring a
// descriptor along.

#include "host/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <utility>

#include "host/capabilities.h"
#include "host/fd_passing.h"
#include "host/files.h"
#include "host/interfaces.h"
#include "host/process.h"

namespace kvmtest::host {

namespace {

using Words = std::vector<std::string>;

// Everything that is asked for takes milliseconds.
constexpr int kAnswerSeconds = 20;
constexpr size_t kLongest = 100000;

struct Message {
  std::string text;
  Fd fd;
};

bool SendMessage(int socket, const std::string& text, int fd) {
  return SendWithFd(socket, text, fd, MSG_NOSIGNAL);
}

// Nothing at the end, after an error, and when it takes too long. A message has one byte at least.
std::optional<Message> ReceiveMessage(int socket) {
  Message received;
  received.text.resize(kLongest);
  iovec part{received.text.data(), received.text.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return std::nullopt;
  received.text.resize(static_cast<size_t>(got));
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    received.fd = Fd(fd);
  }
  return received;
}

std::string WithErrno(const std::string& what) {
  return fmt::format("{}: {}", what, ::strerror(errno));
}

// --- The keeper's side -------------------------------------------------------------------------

bool WriteProc(const char* path, const std::string& text) {
  Fd file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Empty, or what is missing.
std::string EnterNamespace() {
  unsigned uid = ::geteuid(), gid = ::getegid();
  if (::unshare(CLONE_NEWNET) == 0) return "";
  // Whoever may not do that may be root of a user namespace, which may.
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return WithErrno("neither root nor allowed to make a user namespace");
  }
  (void)WriteProc("/proc/self/setgroups", "deny");  // root needs no such promise and may fail
  if (!WriteProc("/proc/self/uid_map", fmt::format("0 {} 1\n", uid)) ||
      !WriteProc("/proc/self/gid_map", fmt::format("0 {} 1\n", gid))) {
    return WithErrno("cannot be root of a user namespace");
  }
  return "";
}

std::string AddBridgeHere(const Words& words) {
  std::string error;
  const std::string& name = words.at(1);
  if (!MakeBridge(name, &error) || !BringUp(name, &error)) return error;
  if (!words.at(2).empty()) SetAddress(name, words[2], std::atoi(words.at(3).c_str()), &error);
  return error;
}

std::string OpenTapHere(const Words& words, Fd* fd) {
  std::string error;
  Fd tap = OpenTap(words.at(1), &error);
  if (!tap || !JoinBridge(words[1], words.at(2), &error) || !BringUp(words[1], &error)) {
    return error;
  }
  *fd = std::move(tap);
  return "";
}

std::string OpenSocketHere(const Words& words, Fd* fd) {
  auto number = [&](size_t i) { return std::atoi(words.at(i).c_str()); };
  *fd = Fd(::socket(number(1), number(2) | SOCK_CLOEXEC, number(3)));
  return *fd ? "" : WithErrno("cannot open a socket");
}

std::string RunHere(Words words, Fd* ended) {
  Fd log(::open(words.at(1).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!log) return WithErrno(words[1]);
  std::vector<char*> argv;
  for (size_t i = 2; i < words.size(); ++i) argv.push_back(words[i].data());
  argv.push_back(nullptr);
  pid_t keeper = ::getpid();
  pid_t pid = ::fork();
  if (pid < 0) return WithErrno("fork");
  if (pid > 0) {
    *ended = OpenProcess(pid);
    return "";
  }
  // Lost if the program had a capability that we have not: root gets all of its bounding set.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != keeper) ::_exit(127);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGCHLD}) ::signal(signal, SIG_DFL);
  ::dup2(log.get(), 1);
  ::dup2(log.get(), 2);
  ::execv(argv[0], argv.data());
  std::string error = WithErrno(fmt::format("cannot run {}", argv[0])) + "\n";
  (void)!::write(2, error.data(), error.size());
  ::_exit(127);
}

std::string Obey(const Words& words, Fd* fd) {
  const std::string& what = words.at(0);
  if (what == "bridge" && words.size() == 4) return AddBridgeHere(words);
  if (what == "tap" && words.size() == 3) return OpenTapHere(words, fd);
  if (what == "socket" && words.size() == 4) return OpenSocketHere(words, fd);
  if (what == "run" && words.size() > 2) return RunHere(words, fd);
  return "unknown request";
}

Words Split(const std::string& text) {
  Words words;
  for (size_t begin = 0, end; (end = text.find('\0', begin)) != std::string::npos;) {
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

// An answer has a byte more than its text: an empty message is an end.
bool Answer(int socket, const std::string& error, int fd) {
  return SendMessage(socket, error + '\0', fd);
}

[[noreturn]] void Keep(int socket, pid_t runner) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, "kvmtest-net");
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) ::signal(signal, SIG_IGN);
  ::signal(SIGCHLD, SIG_IGN);  // nobody waits for what it runs
  // Nothing of the runner's: its guardian waits for the last end of a pipe to close.
  ::dup2(socket, 3);
  ::syscall(SYS_close_range, 4U, ~0U, 0U);
  int null = ::open("/dev/null", O_RDWR);
  for (int fd : {0, 1, 2}) ::dup2(null, fd);
  ::close(null);
  ::fcntl(3, F_SETFD, FD_CLOEXEC);
  (void)!::chdir("/");
  std::string error = EnterNamespace();
  // For bridges and taps, sockets for ping, others' directories, and dnsmasq's port.
  const auto needed = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE};
  LimitCapabilities(needed);
  KeepCapabilities(needed);
  // After it, since a change of credentials would take it back.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != runner) ::_exit(0);
  if (error.empty()) BringUp("lo", &error);
  if (!Answer(3, error, -1) || !error.empty()) ::_exit(1);
  while (std::optional<Message> request = ReceiveMessage(3)) {
    Words words = Split(request->text);
    Fd fd;
    error = words.empty() ? "empty request" : Obey(words, &fd);
    if (!Answer(3, error, fd.get())) break;
  }
  ::kill(0, SIGKILL);  // its programs and itself
  ::_exit(0);
}

}  // namespace

// --- The runner's side -------------------------------------------------------------------------

bool NetworkNamespace::Enter(std::string* error) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    *error = WithErrno("socketpair");
    return false;
  }
  socket_ = Fd(ends[0]);
  Fd of_keeper(ends[1]);
  timeval limit{kAnswerSeconds, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  pid_t runner = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) {
    *error = WithErrno("fork");
    return false;
  }
  if (pid_ == 0) Keep(of_keeper.get(), runner);
  ::setpgid(pid_, pid_);  // here too: whoever is first
  of_keeper.Close();
  std::optional<Message> hello = ReceiveMessage(socket_.get());
  *error = hello ? hello->text.substr(0, hello->text.size() - 1) : "the keeper does not answer";
  return hello && error->empty();
}

void NetworkNamespace::Leave() {
  if (pid_ <= 0) return;
  ::kill(-pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  // Its programs have become our children, if we are a subreaper.
  while (::waitpid(-pid_, nullptr, 0) > 0) {
  }
  pid_ = -1;
  socket_.Close();
}

bool NetworkNamespace::Ask(const Words& words, Fd* fd, std::string* error) {
  std::string request;
  for (const std::string& word : words) request += word + '\0';
  std::optional<Message> answer;
  if (socket_ && SendMessage(socket_.get(), request, -1)) answer = ReceiveMessage(socket_.get());
  *error = answer ? answer->text.substr(0, answer->text.size() - 1)
                  : "the keeper of the network namespace does not answer";
  if (!error->empty()) return false;
  if (fd != nullptr) *fd = std::move(answer->fd);
  return true;
}

bool NetworkNamespace::AddBridge(const std::string& name, const std::string& ip, int prefix,
                                 std::string* error) {
  return Ask({"bridge", name, ip, std::to_string(prefix)}, nullptr, error);
}

Fd NetworkNamespace::OpenTap(const std::string& name, const std::string& bridge,
                             std::string* error) {
  Fd tap;
  Ask({"tap", name, bridge}, &tap, error);
  return tap;
}

Fd NetworkNamespace::OpenSocket(int domain, int type, int protocol, std::string* error) {
  Fd socket;
  Ask({"socket", std::to_string(domain), std::to_string(type), std::to_string(protocol)}, &socket,
      error);
  return socket;
}

Fd NetworkNamespace::Run(const std::vector<std::string>& argv, const std::string& log,
                         std::string* error) {
  std::optional<std::string> program = FindProgram(argv.at(0));
  if (!program) {
    *error = fmt::format("cannot find the program '{}'", argv[0]);
    return {};
  }
  Words words{"run", log, *program};
  words.insert(words.end(), argv.begin() + 1, argv.end());
  Fd ended;
  if (!Ask(words, &ended, error)) return {};
  if (!ended) *error = "it has ended already";
  return ended;
}

}  // namespace kvmtest::host
