// As `kvmtest-generate dicts`, with a detour: the configuration is printed as source, and the dicts
// are those of what is read from that. The goldens must come out all the same.
//
//   reprint dicts [--dialect D] [--defaults] CONFIG [STRING...]
//   reprint check ...    is silent, and fails if the dicts are not those of the original
//   reprint source ...   shows what is printed
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "language/config.h"
#include "language/expand.h"
#include "printed_source.h"
#include "printing_law.h"

namespace kvmtest::language {
namespace {

struct Arguments {
  std::string_view command;
  Input input;
};

Arguments ReadArguments(const std::vector<std::string_view>& words) {
  Arguments arguments;
  arguments.command = words.at(0);
  Input& input = arguments.input;
  auto set_dialect = [&input](std::string_view name) {
    input.dialect = name == "2009"     ? Dialect::k2009
                    : name == "modern" ? Dialect::kModern
                                       : Dialect::kAuto;
  };
  for (size_t i = 1; i < words.size(); ++i) {
    if (words[i] == "--defaults")
      input.defaults = true;
    else if (words[i] == "--dialect" && i + 1 < words.size())
      set_dialect(words[++i]);
    else if (words[i].starts_with("--dialect="))
      set_dialect(words[i].substr(10));
    else if (words[i].starts_with("--"))
      continue;  // of the output, which is not ours
    else if (input.path.empty())
      input.path = words[i];
    else
      input.strings.emplace_back(words[i]);
  }
  return arguments;
}

int WriteDicts(const Config& config) {
  Diagnostics diagnostics;
  ExpandJson(
      config, {},
      [](std::string_view line) { return std::fwrite(line.data(), 1, line.size(), stdout) > 0; },
      diagnostics);
  std::fputs(diagnostics.Render(config.sources()).c_str(), stderr);
  return diagnostics.HasErrors() ? 1 : 0;
}

int Reprint(const Arguments& arguments) {
  DiskReader reader;
  Diagnostics diagnostics;
  std::unique_ptr<Config> config = ParseConfig(reader, arguments.input, diagnostics);
  if (config == nullptr || diagnostics.HasErrors()) {
    if (arguments.command == "check") return 0;  // nothing to print
    std::fputs("the configuration has errors\n", stderr);
    return 1;
  }
  if (arguments.command == "source") {
    std::fputs(PrintSource(*config).Text().c_str(), stdout);
    return 0;
  }
  if (arguments.command == "check") {
    std::string fault = PrintingFault(*config, arguments.input.defaults);
    std::fputs(fault.c_str(), stdout);
    return fault.empty() ? 0 : 1;
  }
  std::unique_ptr<Config> again =
      ReadPrinted(PrintSource(*config), *config, arguments.input.defaults, &diagnostics);
  if (!diagnostics.HasErrors()) return WriteDicts(*again);
  std::fputs(diagnostics.Render(again->sources()).c_str(), stderr);
  return 2;
}

}  // namespace
}  // namespace kvmtest::language

int main(int argc, char** argv) {
  using namespace kvmtest::language;
  if (argc > 2) return Reprint(ReadArguments({argv + 1, argv + argc}));
  std::fputs("usage: reprint dicts|check|source [--dialect D] [--defaults] CONFIG [STRING...]\n",
             stderr);
  return 2;
}
