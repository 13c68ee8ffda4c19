#include "printing_law.h"

#include <string_view>

namespace kvmtest::language {

namespace {

// The dicts, and what ended them, without its place. Warnings are of the text as it is written.
std::string ExpandAll(const Config& config, const ExpandOptions& options) {
  constexpr size_t kMaxBytes = size_t{256} << 20;
  std::string out;
  Diagnostics diagnostics;
  diagnostics.set_warnings(false);
  ExpandJson(
      config, options,
      [&out](std::string_view line) {
        out += line;
        return out.size() < kMaxBytes;
      },
      diagnostics);
  for (const Diagnostic& diagnostic : diagnostics.all()) out += diagnostic.message + "\n";
  return out;
}

}  // namespace

std::unique_ptr<Config> ReadPrinted(const PrintedSource& printed, const Config& original,
                                    bool defaults, Diagnostics* diagnostics) {
  MemoryReader reader;
  for (const auto& [path, text] : printed.files) reader.Add(path, text);
  Input input{.path = printed.main_path,
              .strings = printed.strings,
              .dialect = original.dialect(),
              .defaults = defaults};
  diagnostics->set_warnings(false);
  return ParseConfig(reader, input, *diagnostics);
}

std::string PrintingFault(const Config& config, bool defaults, const ExpandOptions& options) {
  PrintedSource printed = PrintSource(config);
  Diagnostics diagnostics;
  std::unique_ptr<Config> again = ReadPrinted(printed, config, defaults, &diagnostics);
  if (diagnostics.HasErrors())
    return "what is printed has errors:\n" + printed.Text() + diagnostics.Render(again->sources());
  std::string before = ExpandAll(config, options), after = ExpandAll(*again, options);
  if (after == before) return "";
  return "what is printed gives other dicts:\n" + printed.Text() + "before:\n" + before +
         "after:\n" + after;
}

}  // namespace kvmtest::language
