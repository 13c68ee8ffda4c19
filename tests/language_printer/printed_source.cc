#include "printed_source.h"

namespace kvmtest::language {

std::string PrintedSource::Text() const {
  std::string out = files.at(main_path);
  for (const auto& [path, text] : files)
    if (path != main_path) out += "#!file " + path + "\n" + text;
  for (const std::string& text : strings) out += "#!string\n" + text;
  return out;
}

PrintedSource PrintSource(const Config& config) {
  return config.dialect() == Dialect::k2009 ? Print2009(config) : PrintModern(config);
}

}  // namespace kvmtest::language
