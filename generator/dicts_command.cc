#include "dicts_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>

#include "language/expand.h"

namespace kvmtest {

using language::Config;
using language::Diagnostics;
using language::Dict;

namespace {

// Standard output in large pieces; false once nobody reads it any more.
class Output {
 public:
  static constexpr size_t kPiece = size_t{1} << 18;

  std::string& buffer() { return buffer_; }

  bool FlushIfLarge() { return buffer_.size() < kPiece || Flush(); }

  bool Flush() {
    size_t done = 0;
    while (done < buffer_.size()) {
      ssize_t n = write(STDOUT_FILENO, buffer_.data() + done, buffer_.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return failed_ = true, false;
      done += static_cast<size_t>(n);
    }
    buffer_.clear();
    return true;
  }

  bool failed() const { return failed_; }

 private:
  std::string buffer_;
  bool failed_ = false;
};

struct DictsOptions {
  ConfigOptions config;
  bool count = false;
  bool names = false;
  uint64_t max_dicts = 10'000'000;
};

bool WriteDicts(const DictsOptions& options, const Config& config, Diagnostics& diagnostics) {
  Output output;
  if (options.count) {
    std::optional<uint64_t> count = language::CountDicts(config, diagnostics);
    if (!count) return false;
    output.buffer() = fmt::format("{}\n", *count);
    return output.Flush();
  }
  bool ok;
  if (options.names) {
    ok = language::ExpandNames(
        config,
        [&](std::string_view name) {
          output.buffer() += name;
          output.buffer() += '\n';
          return output.FlushIfLarge();
        },
        diagnostics);
  } else {
    ok = language::Expand(
        config, {.max_dicts = options.max_dicts, .render_json = true},
        [&](const Dict& dict) {
          language::WriteCanonicalJson(dict, &output.buffer());
          return output.FlushIfLarge();
        },
        diagnostics);
  }
  bool written = !output.failed() && output.Flush();
  return ok && written;
}

int RunDicts(const DictsOptions& options) {
  language::DiskReader reader;
  Diagnostics diagnostics;
  diagnostics.set_warnings(!options.config.no_warnings);
  std::unique_ptr<Config> config =
      language::ParseConfig(reader, options.config.ToInput(), diagnostics);
  bool ok =
      config != nullptr && !diagnostics.HasErrors() && WriteDicts(options, *config, diagnostics);
  static const language::SourceMap kNoSources;
  std::string text = diagnostics.Render(config ? config->sources() : kNoSources);
  std::fputs(text.c_str(), stderr);
  return ok ? 0 : 1;
}

}  // namespace

void AddConfigOptions(CLI::App* command, ConfigOptions* options) {
  static const std::map<std::string, language::Dialect> kDialects = {
      {"auto", language::Dialect::kAuto},
      {"2009", language::Dialect::k2009},
      {"modern", language::Dialect::kModern}};
  command->add_option("CONFIG", options->config, "Configuration file")->required();
  command->add_option("STRING", options->strings, "Parsed after the file, one by one");
  command->add_option("--dialect", options->dialect, "auto, 2009 or modern (default: auto)")
      ->transform(CLI::CheckedTransformer(kDialects));
  command->add_flag("--defaults", options->defaults,
                    "Only the default variant of each block that has one");
  command->add_flag("--strict", options->strict, "Silent traps are errors");
  command->add_flag("--no-warnings", options->no_warnings, "Errors only");
}

void AddDictsCommand(CLI::App& app, int* exit_code) {
  CLI::App* command =
      app.add_subcommand("dicts", "Write what CONFIG expands to as canonical JSON lines");
  auto options = std::make_shared<DictsOptions>();
  AddConfigOptions(command, &options->config);
  CLI::Option* count = command->add_flag("--count", options->count, "Only the number of dicts");
  command->add_flag("--names", options->names, "Only their names, one a line")->excludes(count);
  command
      ->add_option("--max-dicts", options->max_dicts,
                   "Stop with an error beyond so many; 0: no limit")
      ->capture_default_str();
  command->callback([options, exit_code] { *exit_code = RunDicts(*options); });
}

}  // namespace kvmtest
