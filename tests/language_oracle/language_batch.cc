// Expands many small configurations in one process, for the exhaustive and random tests.
//
// Each line on stdin is a JSON object
//   {"files":{PATH:TEXT,...},"main":PATH,"strings":[...],"dialect":"2009"|"modern","defaults":bool}
// and is answered by one on stdout, at once: {"ok":true,"dicts":[canonical JSON...],"names":[...],
// "count":N,"again":bool,"printing":TEXT} ("again": a second expansion gave the same bytes;
// "printing": how PrintingFault finds its law broken), or {"ok":false,"message":TEXT}, the
// diagnostics as the user reads them.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "language/config.h"
#include "language/diagnostic.h"
#include "language/expand.h"
#include "language/source.h"
#include "printing_law.h"

namespace kvmtest::language {
namespace {

using nlohmann::json;

// Both the bytes that the judge sees and what the laws compare them with.
struct Expansion {
  bool ok = false;
  std::vector<std::string> dicts;
};

Expansion ExpandAll(const Config& config, Diagnostics& diagnostics) {
  Expansion result;
  result.ok = Expand(
      config, {},
      [&](const Dict& dict) {
        std::string line;
        WriteCanonicalJson(dict, &line);
        result.dicts.push_back(std::move(line));
        return true;
      },
      diagnostics);
  return result;
}

json Failure(const Config* config, const Diagnostics& diagnostics) {
  std::string text = config == nullptr ? "no such file" : diagnostics.Render(config->sources());
  return {{"ok", false}, {"message", text}};
}

json Answer(const json& request) {
  MemoryReader reader;
  for (const auto& [path, text] : request["files"].items()) {
    reader.Add(path, text.get<std::string>());
  }
  Input input{.path = request["main"],
              .strings = request["strings"].get<std::vector<std::string>>(),
              .dialect = request["dialect"] == "2009" ? Dialect::k2009 : Dialect::kModern,
              .defaults = request["defaults"].get<bool>()};
  Diagnostics diagnostics;
  auto config = ParseConfig(reader, input, diagnostics);
  if (config == nullptr || diagnostics.HasErrors()) return Failure(config.get(), diagnostics);

  Expansion first = ExpandAll(*config, diagnostics);
  if (!first.ok || diagnostics.HasErrors()) return Failure(config.get(), diagnostics);
  Expansion second = ExpandAll(*config, diagnostics);

  std::vector<std::string> names;
  ExpandNames(
      *config,
      [&](std::string_view name) {
        names.emplace_back(name);
        return true;
      },
      diagnostics);
  auto count = CountDicts(*config, diagnostics);
  return {{"ok", true},
          {"dicts", first.dicts},
          {"names", names},
          {"count", count ? json(*count) : json()},
          {"again", second.dicts == first.dicts},
          {"printing", PrintingFault(*config, input.defaults)}};
}

}  // namespace
}  // namespace kvmtest::language

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    auto answer = kvmtest::language::Answer(nlohmann::json::parse(line));
    std::cout << answer.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << std::endl;
  }
  return 0;
}
