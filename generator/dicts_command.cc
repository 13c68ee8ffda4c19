#include "dicts_command.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include "config_param.h"
#include "language/emptied_variants.h"
#include "language/expand.h"
#include "language/explosion.h"
#include "language/nothing_selected.h"
#include "progress.h"
#include "standard_output.h"

namespace kvmtest {

using language::Config;
using language::Diagnostics;

namespace {

// Those that this process may use.
unsigned AvailableCores() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&cores)));
}

struct DictsOptions {
  ConfigOptions config;
  bool count = false;
  bool names = false;
  uint64_t max_dicts = 10'000'000;
  unsigned jobs = AvailableCores();
};

enum class Written { kFailed, kNothing, kDicts };

// What was asked for to `output`, and whether there was anything.
Written WriteDicts(const DictsOptions& options, const Config& config, StandardOutput& output,
                   Diagnostics& diagnostics) {
  const auto total = [&config]() -> std::optional<uint64_t> {
    language::QuickCount count = language::CountQuickly(config, /*thorough=*/true);
    return count.exact ? std::optional(count.dicts) : std::nullopt;
  };
  Progress progress(options.count ? nullptr : std::function<std::optional<uint64_t>()>(total));
  language::ExpandOptions expand{.max_dicts = options.max_dicts, .jobs = options.jobs};
  bool ok = true, any = false;
  if (options.count) {
    std::optional<uint64_t> count =
        language::CountDicts(config, diagnostics, {}, [&progress] { progress.Add(1); });
    if (count) output.buffer() = fmt::format("{}\n", *count);
    ok = count.has_value();
    any = count != 0;
  } else if (options.names) {
    ok = language::ExpandNames(
        config,
        [&](std::string_view name) {
          any = true;
          progress.Add(1);
          output.buffer() += name;
          output.buffer() += '\n';
          return output.FlushIfLarge();
        },
        diagnostics, expand);
  } else {
    ok = language::ExpandJson(
        config, expand,
        [&](std::string_view lines) {
          any = true;
          if (progress.shown()) progress.Add(std::count(lines.begin(), lines.end(), '\n'));
          return output.Write(lines);
        },
        diagnostics);
  }
  return !ok ? Written::kFailed : any ? Written::kDicts : Written::kNothing;
}

int RunDicts(const DictsOptions& options) {
  language::DiskReader reader;
  Diagnostics diagnostics;
  diagnostics.set_warnings(!options.config.no_warnings);
  std::unique_ptr<Config> config =
      language::ParseConfig(reader, options.config.ToInput(), diagnostics);
  StandardOutput output;
  Written written = Written::kFailed;
  if (config != nullptr && !diagnostics.HasErrors())
    written = WriteDicts(options, *config, output, diagnostics);
  if (written == Written::kNothing) language::WarnNothingSelected(*config, diagnostics);
  if (written == Written::kDicts) language::WarnEmptiedVariants(*config, diagnostics);
  static const language::SourceMap kNoSources;
  std::string text = diagnostics.Render(config ? config->sources() : kNoSources);
  std::fputs(text.c_str(), stderr);
  if (!output.Finish()) return StandardOutput::kExitCode;
  return written != Written::kFailed && !diagnostics.HasErrors() ? 0 : 1;
}

}  // namespace

void AddConfigOptions(CLI::App* command, ConfigOptions* options) {
  command->add_option("CONFIG", options->config, "Configuration file")->required();
  command->add_option("STRING", options->strings, "Parsed after the file, one by one");
  command
      ->add_option_function<std::vector<std::string>>(
          "--set-param",
          [options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts)
              if (!text.empty()) options->params.push_back(ConfigParamString(text));
          },
          "KEY=VALUE, assigned behind the file and all STRINGs; may be repeated")
      ->allow_extra_args(false)
      ->check(ConfigParamFault);
  command
      ->add_option_function<std::string>(
          "--dialect",
          [options](const std::string& text) {
            options->dialect = text == "2009"     ? language::Dialect::k2009
                               : text == "modern" ? language::Dialect::kModern
                                                  : language::Dialect::kAuto;
          },
          "auto, 2009 or modern (default: auto)")
      ->check([](const std::string& text) {
        bool known = text == "auto" || text == "2009" || text == "modern";
        return known ? std::string() : "'" + text + "' is not one of auto, 2009, modern";
      });
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
                   "Stop with an error beyond so many, unless with --count; 0: no limit")
      ->capture_default_str();
  command
      ->add_option("-j,--jobs", options->jobs,
                   "Threads that long output is made on; it is the same for any number")
      ->check(CLI::Range(1, 256))
      ->default_str("one per core");
  command->callback([options, exit_code] { *exit_code = RunDicts(*options); });
}

}  // namespace kvmtest
