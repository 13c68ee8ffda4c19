// A configuration that can be parsed -> dicts, as far as they go, and the laws that hold for them.
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "fuzz_target.h"
#include "language/config.h"
#include "language/diagnostic.h"
#include "language/expand.h"
#include "printing_law.h"

namespace kvmtest::language {
namespace {

// More would be slow and no different.
constexpr size_t kMaxBytes = size_t{1} << 20;
const ExpandOptions kOptions{.max_dicts = 500, .bounds = {.made_bytes = 10'000, .steps = 20'000}};

struct Expansion {
  std::string lines;
  std::string names;
  uint64_t count = 0;
  bool complete = false;  // no error, and not cut off
  std::string messages;

  // False if there was enough of it.
  bool Add(std::string_view line) {
    ++count;
    lines += line;
    return lines.size() <= kMaxBytes;
  }
  void Finish(bool ok, const Config& config, const Diagnostics& diagnostics) {
    messages = diagnostics.Render(config.sources());
    complete = ok && lines.size() <= kMaxBytes;
  }
};

Expansion ExpandDicts(const Config& config) {
  Expansion out;
  Diagnostics diagnostics;
  bool ok = Expand(
      config, kOptions,
      [&out](const Dict& dict) {
        (out.names += dict.name) += '\n';
        std::string line;
        WriteCanonicalJson(dict, &line);
        return out.Add(line);
      },
      diagnostics);
  out.Finish(ok, config, diagnostics);
  return out;
}

Expansion ExpandLines(const Config& config) {
  Expansion out;
  Diagnostics diagnostics;
  bool ok = ExpandJson(
      config, kOptions, [&out](std::string_view line) { return out.Add(line); }, diagnostics);
  out.Finish(ok, config, diagnostics);
  return out;
}

void HoldLaws(const Config& config) {
  Expansion dicts = ExpandDicts(config);
  Expansion lines = ExpandLines(config);
  HoldLaw(ExpandLines(config).lines == lines.lines, "expanding twice gives the same bytes");
  HoldLaw(lines.lines.starts_with(dicts.lines) || dicts.lines.starts_with(lines.lines),
          "ExpandJson writes what WriteCanonicalJson does", dicts.lines + "\n" + lines.lines);
  HoldLaw(lines.messages == dicts.messages || dicts.lines.size() > kMaxBytes, "both say the same",
          dicts.messages + "\n" + lines.messages);
  if (!dicts.complete) return;
  HoldLaw(lines.lines == dicts.lines, "both write all", dicts.lines + "\n" + lines.lines);
  Diagnostics diagnostics;
  std::string names;
  HoldLaw(ExpandNames(
              config,
              [&names](std::string_view name) {
                (names += name) += '\n';
                return true;
              },
              diagnostics, kOptions),
          "names come without errors where dicts do");
  HoldLaw(names == dicts.names, "ExpandNames names the dicts", names + "\n" + dicts.names);
  HoldLaw(CountDicts(config, diagnostics, kOptions.bounds) == dicts.count,
          "CountDicts counts the dicts");
}

}  // namespace
}  // namespace kvmtest::language

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvmtest::language;
  FuzzInput fuzz({reinterpret_cast<const char*>(data), size});
  Diagnostics diagnostics;
  std::unique_ptr<Config> config = ParseConfig(fuzz.reader, fuzz.input, diagnostics);
  if (diagnostics.HasErrors()) return 0;
  HoldLaws(*config);
  std::string fault = PrintingFault(*config, fuzz.input.defaults, kOptions);
  HoldLaw(fault.empty(), "what is printed and read again gives the same dicts", fault);
  return 0;
}
