// type = dump_guest_memory: qemu writes the guest's memory to a file, which is what it should be,
// and the guest goes on.
//
// Params: dump_format = elf (default) | kdump-zlib | kdump-lzo | kdump-snappy; dump_timeout (240
// s).

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "procedures/dump_file.h"
#include "procedures/guest_work.h"
#include "procedures/monitor.h"
#include "procedures/steps.h"

namespace kvmtest::procedures {

namespace {

using vm::Failure;
using vm::Machine;
using vm::Trouble;

constexpr const char* kDumpFormats[] = {"elf", "kdump-zlib", "kdump-lzo", "kdump-snappy"};

// What this qemu can write is no fault of the test.
Trouble CheckFormat(Context& context, Machine& machine, const std::string& format) {
  Json answer;
  if (Trouble trouble = Ask(context, machine, {"query-dump-guest-memory-capability"}, &answer)) {
    return trouble;
  }
  const Json formats = answer.value("formats", Json::array());
  if (std::find(formats.begin(), formats.end(), Json(format)) != formats.end()) {
    return std::nullopt;
  }
  return Failure{vm::kEnvironment, fmt::format("this qemu writes no dumps in format {}", format),
                 ""};
}

Trouble WriteDump(Context& context, Machine& machine, const std::string& format,
                  const std::string& path) {
  size_t from = machine.qmp().events().size();
  Json arguments = {
      {"paging", false}, {"protocol", "file:" + path}, {"detach", true}, {"format", format}};
  machine.ExpectStop(true);
  if (Trouble trouble = Ask(context, machine, {"dump-guest-memory", arguments, vm::kBadDump})) {
    return trouble;
  }
  if (Trouble trouble = WaitForEvent(
          context, machine, "DUMP_COMPLETED", from, Limit(context, "dump_timeout", 240),
          {vm::kBadDump, machine.config().name + ": the dump was not completed in time", ""})) {
    return trouble;
  }
  const Json data = machine.qmp().FindEvent("DUMP_COMPLETED", from)->data;
  machine.ExpectStop(false);
  if (!data.contains("error")) return std::nullopt;
  return Failure{
      vm::kBadDump,
      fmt::format("{}: the dump failed: {}", machine.config().name, data.value("error", "")), ""};
}

Trouble Dump(Context& context, std::string* passed) {
  Machine* machine = nullptr;
  if (Trouble trouble = MainMachine(context, &machine)) return trouble;
  std::string format = context.params.Get("dump_format", "elf");
  GuestWork work(context);
  if (Trouble trouble = BootAll(context)) return trouble;
  if (Trouble trouble = CheckFormat(context, *machine, format)) return trouble;
  if (Trouble trouble = work.Start(*machine)) return trouble;
  Json memory;
  if (Trouble trouble = Ask(context, *machine, {"query-memory-size-summary"}, &memory)) {
    return trouble;
  }
  std::string path = context.scratch + "/" + machine->config().name + ".dump";
  auto begin = host::Clock::now();
  if (Trouble trouble = WriteDump(context, *machine, format, path)) return trouble;
  context.measurements["dump_seconds"] = host::SecondsBetween(begin, host::Clock::now());
  DumpFacts facts;
  std::string wrong = CheckDump(path, format, memory.value("base-memory", uint64_t{0}), &facts);
  ::unlink(path.c_str());  // it is as large as the guest
  if (!wrong.empty()) {
    return Failure{vm::kBadDump, fmt::format("{}: the dump {}", machine->config().name, wrong), ""};
  }
  context.measurements["dump_mib"] = static_cast<double>(facts.size) / (1 << 20);
  if (Trouble trouble = work.Check(*machine, "after the dump")) return trouble;
  *passed = fmt::format("dumped {:.1f} MiB in {:.2f} s ({})", context.measurements["dump_mib"],
                        context.measurements["dump_seconds"], format);
  return std::nullopt;
}

std::string CheckDumpParams(const vm::Params& params) {
  std::string wrong = CheckShellParams(params, "dump_guest_memory");
  if (wrong.empty()) wrong = CheckNumbers(params, {{"dump_timeout", 1, 1000000}});
  if (!wrong.empty()) return wrong;
  std::string format = params.Get("dump_format", "elf");
  if (std::find(std::begin(kDumpFormats), std::end(kDumpFormats), format) != std::end(kDumpFormats))
    return "";
  return fmt::format("dump_format = {}: expected elf, kdump-zlib, kdump-lzo or kdump-snappy",
                     format);
}

}  // namespace

const Procedure kDumpGuestMemory = {"dump_guest_memory", Dump, CheckDumpParams,
                                    "dump_format dump_timeout"};

}  // namespace kvmtest::procedures
