// Any bytes -> files and strings -> lexer and parser, in both dialects.
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_input.h"
#include "fuzz_target.h"
#include "language/config.h"
#include "language/diagnostic.h"

namespace kvmtest::language {
namespace {

// What there is to know about a configuration after parsing.
std::string Parse(FuzzInput& fuzz, Dialect dialect) {
  fuzz.input.dialect = dialect;
  Diagnostics diagnostics;
  std::unique_ptr<Config> config = ParseConfig(fuzz.reader, fuzz.input, diagnostics);
  HoldLaw(config != nullptr, "a main file that is there gives a Config");
  std::string text = diagnostics.Render(config->sources());
  for (VariantId id = 0; id < config->variants().size() && id < 100; ++id)
    text += config->VariantAssigns(id, "x") ? '1' : '0';
  return text;
}

}  // namespace
}  // namespace kvmtest::language

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kvmtest::language;
  FuzzInput fuzz({reinterpret_cast<const char*>(data), size});
  Dialect asked = fuzz.input.dialect;
  std::string text = Parse(fuzz, asked);
  HoldLaw(Parse(fuzz, asked) == text, "parsing twice says the same", text);
  for (Dialect dialect : {Dialect::kModern, Dialect::k2009})
    if (asked == Dialect::kAuto) Parse(fuzz, dialect);
  return 0;
}
