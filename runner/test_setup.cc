#include "test_setup.h"

#include <fmt/format.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "host/files.h"
#include "host/process.h"
#include "job/allotment.h"
#include "procedures/host_commands.h"
#include "vm/netdev.h"

namespace kvmtest {

namespace {

using job::Verdict;

// How much longer steps may take without KVM, unless timeout_multiplier says.
constexpr double kTcgMultiplier = 4;

std::string Variable(const char* name) {
  const char* value = ::getenv(name);
  return value != nullptr ? value : "";
}

Verdict MissingPrograms(const std::vector<vm::VmConfig>& configs) {
  for (const vm::VmConfig& config : configs) {
    if (!host::FindProgram(config.qemu_binary)) {
      return job::Skip(fmt::format("qemu_binary '{}' is not there", config.qemu_binary));
    }
    for (const std::string& file : vm::FilesNeeded(config)) {
      if (::access(file.c_str(), R_OK) != 0) {
        return job::Skip(fmt::format("{}: {}", file, ::strerror(errno)));
      }
      // qemu and its tools would wait for the other end of a fifo.
      std::string odd = host::WhyNotRead(file);
      if (!odd.empty()) return job::Skip(fmt::format("{}: {}", file, odd));
    }
  }
  return {};
}

// Limits are made for KVM; emulation takes its time.
Verdict ChooseMultiplier(TestSetup* setup) {
  double& multiplier = setup->timeout_multiplier;
  multiplier = setup->accelerator.name == "tcg" ? kTcgMultiplier : 1;
  std::optional<std::string> text = setup->params.Find("timeout_multiplier");
  if (!text) return {};
  const char* end = text->data() + text->size();
  auto [rest, error] = std::from_chars(text->data(), end, multiplier);
  bool whole = error == std::errc() && rest == end;
  if (whole && multiplier >= 0.01 && multiplier <= 1000) return {};
  return job::BadParams(
      fmt::format("timeout_multiplier = {}: expected a number from 0.01 to 1000", *text));
}

Verdict ReadKnownFailures(TestSetup* setup) {
  std::string path = setup->params.Get("known_failures");
  if (path.empty()) return {};
  if (path[0] != '/') {
    return job::BadParams(fmt::format("known_failures = {}: expected an absolute path", path));
  }
  auto text = host::ReadFile(path);
  if (!text)
    return job::BadParams(fmt::format("known_failures: {}: {}", path, host::ReadError(path)));
  setup->known_failures = job::ParseKnownFailures(path, *text);
  const std::vector<std::string>& errors = setup->known_failures.errors;
  if (errors.empty()) return {};
  Verdict verdict = job::BadParams("known_failures: " + errors[0]);
  for (const std::string& error : errors) verdict.detail += error + "\n";
  return verdict;
}

// A param `mac` for several cards. In nic_mode = user each VM has a network of its own, but no
// guest could tell its own two apart.
std::string SharedAddress(const std::vector<vm::VmConfig>& configs) {
  std::map<std::string, std::string> owners;  // address and network -> "nic1 of vm1"
  for (const vm::VmConfig& config : configs) {
    for (const vm::NicConfig& nic : config.nics) {
      std::string network = vm::DescribeNetwork(nic.net);
      if (nic.net.mode == vm::NetMode::kUser) network += " of " + config.name;
      std::string card = fmt::format("{} of {}", nic.name, config.name);
      auto [owner, is_new] = owners.emplace(nic.address.mac + " " + network, card);
      if (is_new) continue;
      return fmt::format("mac = {}: {} and {} would have the same address on one network, the {}",
                         nic.address.mac, owner->second, card, network);
    }
  }
  return "";
}

// Guests that are told addresses of different subnets of one network would not reach each other.
std::string DifferentSubnets(const std::vector<vm::VmConfig>& configs) {
  std::map<std::string, std::pair<std::string, std::string>> first;  // network -> subnet, card
  for (const vm::VmConfig& config : configs) {
    for (const vm::NicConfig& nic : config.nics) {
      bool alone = nic.net.mode == vm::NetMode::kUser;
      if (alone || nic.address.ip.empty() || nic.net.ip_config == vm::IpConfig::kNone) continue;
      std::string network = vm::DescribeNetwork(nic.net);
      std::string subnet =
          fmt::format("{}/{}", vm::NetworkAddress(nic.address.ip, nic.ip_prefix), nic.ip_prefix);
      std::string card = fmt::format("{} of {} ({})", nic.name, config.name, nic.address.ip);
      auto [known, is_new] = first.emplace(network, std::pair(subnet, card));
      if (is_new || known->second.first == subnet) continue;
      return fmt::format("ip_prefix = {}: {} and {} are in different subnets, {} and {}, of the {}",
                         nic.ip_prefix, known->second.second, card, known->second.first, subnet,
                         network);
    }
  }
  return "";
}

}  // namespace

std::string CacheDirectory(const std::string& what) {
  std::string cache = Variable("XDG_CACHE_HOME");
  if (cache.empty() || cache[0] != '/') {
    std::string home = Variable("HOME");
    if (home.empty()) return "";
    cache = home + "/.cache";
  }
  return cache + "/kvmtest/" + what;
}

Verdict SetUpParams(const job::Description& description, const job::QueueChoice& queue,
                    TestSetup* setup) {
  vm::Params::Map map = description.params;
  for (const auto& [key, value] : queue.params) map[key] = value;
  setup->params = vm::Params(std::move(map));
  setup->procedure = procedures::ProcedureOf(setup->params);
  if (setup->procedure == nullptr) return job::Skip(procedures::NoProcedure(setup->params));
  if (setup->procedure->has_machines) {
    if (auto error = vm::CheckNames(setup->params)) return job::BadParams(error->text);
  }
  std::string wrong = procedures::CheckHostCommands(setup->params);
  if (wrong.empty()) wrong = setup->procedure->check(setup->MainParams());
  return wrong.empty() ? ReadKnownFailures(setup) : job::BadParams(wrong);
}

Verdict SetUpConfigs(const job::QueueChoice& queue, TestSetup* setup) {
  const vm::Params& params = setup->params;
  setup->configs.clear();
  std::vector<std::string> names;
  if (setup->procedure->has_machines) names = vm::VmNames(params);
  size_t nics = 0;
  for (const std::string& name : names) {
    nics += vm::NicNames(params.ForVm(name)).size();
  }
  size_t clones =
      setup->procedure->clones != nullptr ? setup->procedure->clones(setup->MainParams()) : 0;
  names.insert(names.end(), clones, vm::MainVm(params));
  nics += clones * vm::NicNames(params.ForVm(vm::MainVm(params))).size();
  auto found = job::Addresses(queue, nics);
  if (auto* error = std::get_if<std::string>(&found)) return job::HarnessError(*error);
  auto addresses = std::get<std::vector<vm::Address>>(found);
  if (addresses.size() < nics) {
    return job::BadParams(fmt::format("the test has {} network card(s), its queue {} address(es)",
                                      nics, addresses.size()));
  }
  std::vector<vm::VmConfig> configs;
  for (const std::string& name : names) {
    auto built = vm::BuildVmConfig(params, name, addresses);
    if (auto* error = std::get_if<vm::ParamError>(&built)) return job::BadParams(error->text);
    configs.push_back(std::get<vm::VmConfig>(std::move(built)));
    if (setup->procedure->configure != nullptr) {
      std::string wrong = setup->procedure->configure(params.ForVm(name), &configs.back());
      if (!wrong.empty()) return job::BadParams(wrong);
    }
    if (configs.size() + clones > names.size()) {
      configs.back().name += fmt::format("-{}", configs.size());
    }
    addresses.erase(addresses.begin(),
                    addresses.begin() + static_cast<long>(configs.back().nics.size()));
  }
  if (configs.empty() && setup->procedure->has_machines) return job::BadParams("vms is empty");
  std::string twice = SharedAddress(configs);
  if (!twice.empty()) return job::BadParams(twice);
  vm::GiveOwnAddresses(&configs);
  std::string wrong = vm::CannotLease(configs);
  if (wrong.empty()) wrong = DifferentSubnets(configs);
  if (wrong.empty() && setup->procedure->check_machines != nullptr) {
    wrong = setup->procedure->check_machines(configs);
  }
  if (!wrong.empty()) return job::BadParams(wrong);
  setup->configs = std::move(configs);
  return MissingPrograms(setup->configs);
}

Verdict CheckCdroms(host::Loop& loop, const std::vector<vm::VmConfig>& configs,
                    host::TimePoint until) {
  for (const vm::VmConfig& config : configs) {
    for (const vm::CdromConfig& cdrom : config.cdroms) {
      for (const vm::Checksum& sum : vm::ChecksumsOf(cdrom)) {
        auto left = host::TimeUntil(until);
        host::RunOutcome outcome = host::RunProgram(loop, sum.argv, left);
        if (!outcome.started) return job::Skip(outcome.error + " (for " + sum.param + ")");
        if (outcome.timed_out) {
          std::string what = fmt::format("{}: the computation of its {}", cdrom.file, sum.param);
          return job::VerdictOf(vm::CutByTestTimeout(what), /*deadline_passed=*/true);
        }
        std::string found = outcome.output.substr(0, outcome.output.find(' '));
        if (outcome.exit.ok() && found == sum.expected) continue;
        if (!outcome.exit.ok()) {
          return job::HarnessError(fmt::format("{}: the computation of its {} ended with {}",
                                               cdrom.file, sum.param, outcome.exit.Text()));
        }
        return job::BadParams(fmt::format("{} = {}: that of {} is {}", sum.param, sum.expected,
                                          cdrom.file, vm::Printable(found)));
      }
    }
  }
  return {};
}

bool HasSandbox(const std::vector<vm::VmConfig>& configs) {
  return std::all_of(configs.begin(), configs.end(), [](const vm::VmConfig& config) {
    auto program = host::FindProgram(config.qemu_binary);
    return program && host::FileContains(*program, "libseccomp.so");
  });
}

Verdict SetUpAccelerator(host::Loop& loop, host::Log& log, const std::string& mode,
                         TestSetup* setup) {
  if (setup->configs.empty()) return {};
  auto wanted = job::WantedAccelerator(setup->params);
  if (auto* error = std::get_if<vm::ParamError>(&wanted)) return job::BadParams(error->text);
  std::string wish = mode.empty() ? std::get<std::string>(wanted) : mode;
  const vm::VmConfig& config = setup->configs[0];
  auto chosen = job::ChooseAccelerator(
      loop, log, {wish, config.qemu_binary, config.cpu_model, CacheDirectory("probe")});
  if (auto* failure = std::get_if<vm::Failure>(&chosen)) return job::VerdictOf(*failure, false);
  setup->accelerator = std::get<job::Accelerator>(chosen);
  log.Note("accelerator: {} ({})", setup->accelerator.name, setup->accelerator.reason);
  if (!setup->accelerator.cpu_model.empty()) {
    log.Note("cpu_model: {} instead of '{}'", setup->accelerator.cpu_model, config.cpu_model);
  }
  return ChooseMultiplier(setup);
}

}  // namespace kvmtest
