#include "ctest_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checking.h"
#include "ctest/generation.h"
#include "ctest/properties.h"
#include "ctest/publish.h"
#include "ctest/quote.h"
#include "ctest/stamp.h"
#include "plan/check.h"
#include "plan/digest.h"
#include "plan/text.h"
#include "plan_options.h"
#include "standard_output.h"

namespace kvmtest {
namespace {

namespace fs = std::filesystem;

constexpr int kDone = 0;
constexpr int kConfigErrors = 1;
constexpr int kCannotWrite = 3;

// What slips in the plan are to a generation.
enum class Check { kError, kWarn, kOff };

struct CtestOptions {
  PlanOptions plan;
  Check check = Check::kWarn;
  JudgeOptions judge;
  std::string output_dir;
  std::string state_dir;
  std::string runner = "kvmtest-run";
  std::vector<std::string> runner_args;
  std::vector<std::string> launcher;
  std::vector<std::string> labels;
  std::optional<std::string> test_prefix;
  std::string test_suffix;
  std::vector<ctest::Property> properties;
  bool order_by_plan = true;
  bool pulls_required = true;
  bool source_locations = false;
  bool test_lists = false;
  std::string merge_spec;
  bool no_test_prefix = false;
  bool if_changed = false;
  bool hold_for_parent = false;

  std::string TestPrefix() const {
    if (no_test_prefix) return "";
    return test_prefix.value_or(plan.name + ".");
  }
};

// Lets the language read, and notes every file for the stamp.
class RecordingReader : public language::DiskReader {
 public:
  explicit RecordingReader(ctest::FileProbe& probe) : probe_(probe) {}

  std::optional<std::string> Read(const std::string& path) override {
    ctest::Observed observed = ctest::Observe(probe_, path);
    files_.push_back(observed.file);
    return std::move(observed.text);
  }

  const std::vector<ctest::StampedFile>& files() const { return files_; }

 private:
  ctest::FileProbe& probe_;
  std::vector<ctest::StampedFile> files_;
};

std::string Absolute(const std::string& path) {
  return fs::absolute(path).lexically_normal().string();
}

class Command {
 public:
  explicit Command(const CtestOptions& options)
      : options_(options), place_(ctest::FindPlace(Absolute(options.output_dir))) {}

  int Run() {
    if (auto failure = ctest::MakeDirectories(place_.output_dir)) return CannotWrite(*failure);
    ctest::Failure failure;
    auto lock = ctest::Lock::Take(place_.output_dir + "/.lock", &failure);
    if (!lock) return CannotWrite(*failure);
    if (options_.if_changed) {
      if (auto status = UseWhatIsThere()) return *status;
    }
    return Generate();
  }

 private:
  static int CannotWrite(const std::string& failure) {
    Say(fmt::format("kvmtest-generate: error: {}\n", failure));
    return kCannotWrite;
  }

  // Everything that may change the result, other than files. The working directory counts, since
  // names of files may be relative to it.
  std::string ArgumentsDigest() const {
    plan::Digest digest;
    const PlanOptions& plan = options_.plan;
    const ConfigOptions& config = plan.config;
    digest.Add(fs::current_path().string()).Add(config.config).Add(plan.name);
    digest.Add(static_cast<uint64_t>(config.dialect)).Add(config.defaults ? 1 : 0);
    digest.Add(config.strict ? 1 : 0).Add(config.no_warnings ? 1 : 0);
    AddList(config.AllStrings(), &digest);
    AddList(plan.sets, &digest);
    plan::BuildOptions build = plan.Build();
    digest.Add(build.machine_queues).Add(build.host_queues).Add(build.timeout);
    digest.Add(build.max_dicts).Add(plan.costs).Add(plan.processors ? 1 : 0);
    digest.Add(static_cast<uint64_t>(options_.check));
    AddList(options_.judge.errors, &digest);
    AddList(options_.judge.ignored, &digest);
    digest.Add(place_.output_dir).Add(options_.state_dir).Add(options_.runner);
    AddList(options_.runner_args, &digest);
    AddList(options_.launcher, &digest);
    AddList(options_.labels, &digest);
    digest.Add(options_.TestPrefix()).Add(options_.test_suffix).Add(options_.merge_spec);
    digest.Add(options_.properties.size());
    for (const auto& [name, value] : options_.properties) digest.Add(name).Add(value);
    digest.Add(options_.order_by_plan ? 1 : 0).Add(options_.pulls_required ? 1 : 0);
    digest.Add(options_.source_locations ? 1 : 0).Add(options_.test_lists ? 1 : 0);
    return digest.Hex();
  }

  static void AddList(const std::vector<std::string>& texts, plan::Digest* digest) {
    digest->Add(texts.size());
    for (const std::string& text : texts) digest->Add(text);
  }

  // ---- nothing has changed ----

  // The exit status if the last generation still holds.
  std::optional<int> UseWhatIsThere() {
    auto text = probe_.Read(ctest::StampPath(place_));
    auto stamp = text ? ctest::ReadStamp(*text) : std::nullopt;
    if (!stamp || stamp->arguments != ArgumentsDigest()) return std::nullopt;
    ctest::Freshness freshness = ctest::CheckFiles(probe_, &*stamp);
    if (freshness == ctest::Freshness::kStale) return std::nullopt;
    if (freshness == ctest::Freshness::kTouched) {
      if (auto failure = ctest::WriteFile(ctest::StampPath(place_), ctest::WriteStamp(*stamp))) {
        return CannotWrite(*failure);
      }
    }
    if (!ctest::IsMerged(place_)) return std::nullopt;
    if (stamp->failed) return RepeatFailure();
    if (!ctest::CurrentGeneration(place_)) return std::nullopt;
    return Finish();
  }

  std::optional<int> RepeatFailure() {
    auto diagnostics = ctest::PublishedFailure(place_);
    if (!diagnostics) return std::nullopt;
    Say(*diagnostics);
    return kConfigErrors;
  }

  int Finish() {
    if (options_.hold_for_parent) {
      if (auto failure = ctest::HoldForParent(place_)) return CannotWrite(*failure);
    }
    return kDone;
  }

  // ---- something has ----

  ctest::Options WriterOptions() const {
    ctest::Options writer;
    writer.name = options_.plan.name;
    writer.config = options_.plan.config.config;
    writer.output_dir = place_.output_dir;
    writer.root = place_.root;
    writer.state_dir =
        options_.state_dir.empty() ? place_.root + "/state" : Absolute(options_.state_dir);
    writer.runner = options_.runner.find('/') == std::string::npos ? options_.runner
                                                                   : Absolute(options_.runner);
    writer.runner_args = options_.runner_args;
    writer.launcher = options_.launcher;
    writer.labels = options_.labels;
    writer.test_prefix = options_.TestPrefix();
    writer.test_suffix = options_.test_suffix;
    writer.properties = options_.properties;
    writer.order_by_plan = options_.order_by_plan;
    writer.pulls_required = options_.pulls_required;
    writer.source_locations = options_.source_locations;
    writer.test_lists = options_.test_lists;
    writer.version = KVMTEST_VERSION;
    writer.merge_spec_path = options_.merge_spec;
    return writer;
  }

  struct Outcome {
    std::optional<ctest::Generation> generation;  // nothing: there were errors
    std::string messages;
    std::vector<std::string> sets;   // known from the text, for the failing test
    bool depends_on_others = false;  // an error that another call's change may mend
  };

  int Generate() {
    RecordingReader reader(probe_);
    ctest::Options writer = WriterOptions();
    // The program and the list of calls are inputs like any other. So is CMake's script with our
    // arguments, which tells other calls that these are to change.
    reader.Read("/proc/self/exe");
    reader.Read(place_.root + "/calls.txt");
    reader.Read(place_.output_dir + "/call.cmake");
    // Whatever comes of ours: the project's other tests have need of it.
    std::string fault;
    ReadProjectSpec(reader, &writer, &fault);
    Outcome outcome = Make(reader, writer, fault);
    ctest::Failure failure;
    if (outcome.generation) failure = PublishAndClean(reader, *outcome.generation, &outcome);
    if (failure) return CannotWrite(*failure);
    Say(outcome.messages);
    if (outcome.generation) return Finish();
    failure = ctest::PublishFailure(place_, writer, outcome.sets, outcome.messages);
    if (!failure) failure = StampFailure(reader, outcome);
    return failure ? CannotWrite(*failure) : kConfigErrors;
  }

  Outcome Make(RecordingReader& reader, const ctest::Options& writer,
               const std::string& spec_fault) {
    Outcome outcome;
    outcome.sets = options_.plan.sets;
    language::Diagnostics diagnostics;
    std::optional<plan::BuildOptions> build = options_.plan.Build(reader, &outcome.messages);
    Checking made = MakePlan(reader, build, diagnostics);
    if (made.config && outcome.sets.empty()) outcome.sets = plan::TestSetNames(*made.config);
    if (outcome.sets.empty()) outcome.sets = {"all"};  // the set of a text without test sets
    static const language::SourceMap kNoSources;
    outcome.messages += diagnostics.Render(made.config ? made.config->sources() : kNoSources);
    const bool is_label_wrong = JudgeLabels(&outcome.messages);
    if (!build || !made.plan || diagnostics.HasErrors()) return outcome;
    outcome.messages += spec_fault;
    if (is_label_wrong || !spec_fault.empty()) return outcome;
    ctest::Generation generation = ctest::Render(*made.plan, writer);
    for (const std::string& error : generation.errors) outcome.messages += error;
    if (generation.errors.empty()) outcome.generation = std::move(generation);
    return outcome;
  }

  // Those of the call, as the plan's are. Whether one is an error.
  bool JudgeLabels(std::string* messages) const {
    const std::vector<std::string>& ignored = options_.judge.ignored;
    const bool is_error = options_.check == Check::kError;
    const bool is_told =
        is_error || (options_.check == Check::kWarn && !options_.plan.config.no_warnings);
    if (!is_told || std::find(ignored.begin(), ignored.end(), "odd-label") != ignored.end())
      return false;
    bool found = false;
    for (const std::string& label : options_.labels) {
      auto slip = ctest::LabelSlip(label);
      if (!slip) continue;
      found = true;
      *messages += fmt::format("--label: {}: the label '{}' {} [-Wodd-label]\n",
                               is_error ? "error" : "warning", label, *slip);
    }
    return found && is_error;
  }

  Checking MakePlan(RecordingReader& reader, const std::optional<plan::BuildOptions>& build,
                    language::Diagnostics& diagnostics) const {
    const ConfigOptions& config = options_.plan.config;
    if (options_.check == Check::kError) {
      return CheckConfiguration(reader, options_.plan, options_.judge, build, diagnostics);
    }
    diagnostics.set_warnings(!config.no_warnings);
    if (options_.check == Check::kOff) diagnostics.set_ignored(plan::SlipCodes());
    Checking made;
    made.config = language::ParseConfig(reader, config.ToInput(), diagnostics);
    if (made.config && build) made.plan = plan::BuildPlan(*made.config, *build, diagnostics);
    return made;
  }

  void ReadProjectSpec(RecordingReader& reader, ctest::Options* writer, std::string* fault) const {
    if (options_.merge_spec.empty()) return;
    auto text = reader.Read(options_.merge_spec);
    if (!text) {
      *fault = fmt::format("{}: error: cannot read it: {} (--merge-spec)\n", options_.merge_spec,
                           reader.Fault(options_.merge_spec));
      return;
    }
    writer->merge_spec = *text;
  }

  ctest::Failure PublishAndClean(const RecordingReader& reader, const ctest::Generation& generation,
                                 Outcome* outcome) {
    ctest::Findings findings;
    const std::string stamp = ctest::WriteStamp({ArgumentsDigest(), false, reader.files()});
    if (auto failure = ctest::Publish(place_, generation, stamp, &findings)) return failure;
    if (!options_.plan.config.no_warnings) {
      for (const std::string& warning : findings.warnings)
        outcome->messages += fmt::format("{}: warning: {}\n", options_.plan.config.config, warning);
    }
    if (!findings.HasErrors()) {
      ctest::CollectGarbage(place_);
      return std::nullopt;
    }
    outcome->messages += findings.clashes;
    for (const std::string& error : findings.errors) {
      outcome->messages += fmt::format("{}: error: {}\n", options_.plan.config.config, error);
    }
    outcome->generation.reset();
    outcome->depends_on_others = true;
    return std::nullopt;
  }

  ctest::Failure StampFailure(const RecordingReader& reader, const Outcome& outcome) {
    const std::string path = ctest::StampPath(place_);
    if (outcome.depends_on_others) {
      unlink(path.c_str());
      return std::nullopt;
    }
    return ctest::WriteFile(path, ctest::WriteStamp({ArgumentsDigest(), true, reader.files()}));
  }

  const CtestOptions& options_;
  ctest::Place place_;
  ctest::DiskProbe probe_;
};

void AddCheckOptions(CLI::App* command, CtestOptions* options) {
  command
      ->add_option_function<std::string>(
          "--check",
          [options](const std::string& text) {
            options->check = text == "error" ? Check::kError
                             : text == "off" ? Check::kOff
                                             : Check::kWarn;
          },
          "Slips in the plan are errors, as to `check`; warnings; or nothing (default: warn)")
      ->check([](const std::string& text) {
        bool known = text == "error" || text == "warn" || text == "off";
        return known ? std::string() : "'" + text + "' is not one of error, warn, off";
      });
  options->judge.AddTo(command);
}

// One of two words; `second` makes the flag false.
void AddChoice(CLI::App* command, const char* name, const std::string& first,
               const std::string& second, bool* is_first, const char* help) {
  command
      ->add_option_function<std::string>(
          name, [=](const std::string& text) { *is_first = text == first; }, help)
      ->check([=](const std::string& text) {
        bool known = text == first || text == second;
        return known ? "" : fmt::format("'{}' is not one of {}, {}", text, first, second);
      });
}

ctest::Property PropertyOf(const std::string& text) {
  size_t equals = std::min(text.find('='), text.size());
  return {text.substr(0, equals), text.substr(std::min(equals + 1, text.size()))};
}

// How tests look to ctest.
void AddTestOptions(CLI::App* command, CtestOptions* options) {
  command->add_option("--test-prefix", options->test_prefix,
                      "What CTest names begin with (default: the call's name and a dot)");
  command->add_flag("--no-test-prefix", options->no_test_prefix, "The same as --test-prefix=");
  command->add_option("--test-suffix", options->test_suffix, "What CTest names end with");
  command->add_option("--label", options->labels, "A label of every test; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option_function<std::vector<std::string>>(
          "--property",
          [options](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) options->properties.push_back(PropertyOf(text));
          },
          "NAME=VALUE, a property of every test; may be repeated")
      ->allow_extra_args(false)
      ->check([](const std::string& text) { return ctest::PropertyFault(PropertyOf(text)); });
  AddChoice(command, "--order", "plan", "ctest", &options->order_by_plan,
            "plan: the configuration's order, or the planner's; ctest: as ctest has measured the "
            "tests (default: plan)");
  AddChoice(command, "--dependency-mode", "fixtures", "order", &options->pulls_required,
            "fixtures: ctest runs what a test requires along with it; order: it only keeps the "
            "order (default: fixtures)");
  command->add_flag("--source-locations", options->source_locations,
                    "Tell IDEs the configuration's line of each test");
  command->add_flag("--test-lists", options->test_lists, "Write the tests' names for CMake, too");
}

// Options that exclude each other, or need one another.
void CheckTogether(const CtestOptions& options) {
  bool processors =
      std::any_of(options.properties.begin(), options.properties.end(),
                  [](const auto& property) { return property.first == "PROCESSORS"; });
  if (options.plan.processors && processors) {
    throw CLI::ValidationError("--property", "PROCESSORS: the tests' are those of --processors");
  }
  // Codes that only `check` tells would be errors in vain.
  if (options.check == Check::kError) return;
  for (const auto& [name, codes] : {std::pair{"--error", &options.judge.errors},
                                    std::pair{"--ignore", &options.judge.ignored}}) {
    if (!codes->empty()) throw CLI::ValidationError(name, "goes with --check error only");
  }
}

// What CMake's generator expressions may leave of a label, a set or a command: nothing.
void DropEmptyWords(CtestOptions* options) {
  std::erase(options->labels, "");
  std::erase(options->plan.sets, "");
  for (std::vector<std::string>* words : {&options->launcher, &options->runner_args}) {
    words->erase(words->begin(), std::find_if(words->begin(), words->end(),
                                              [](const auto& word) { return !word.empty(); }));
  }
}

}  // namespace

void AddCtestCommand(CLI::App& app, int* exit_code) {
  auto options = std::make_shared<CtestOptions>();
  CLI::App* command = app.add_subcommand("ctest", "Write the files that ctest loads");
  options->plan.AddTo(command);
  AddCheckOptions(command, options.get());
  command->get_option("--name")->required();
  command->add_option("--output-dir", options->output_dir, "Where; <root>/<name>")->required();
  command->add_option("--runner", options->runner, "Path of kvmtest-run")->capture_default_str();
  command->add_option("--runner-arg", options->runner_args, "For every run; may be repeated")
      ->allow_extra_args(false);
  command
      ->add_option("--launcher", options->launcher,
                   "A word of what is put before the runner; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--state-dir", options->state_dir,
                      "Where queues keep their state (default: <root>/state)");
  AddTestOptions(command, options.get());
  command->add_option("--merge-spec", options->merge_spec, "The project's own resource spec");
  command->add_flag("--if-changed", options->if_changed, "Do nothing if no input has changed");
  command->add_flag("--hold-for-parent", options->hold_for_parent,
                    "Keep the generation as long as the parent process lives");
  command->callback([options, exit_code] {
    CheckTogether(*options);
    DropEmptyWords(options.get());
    options->plan.around_names = options->TestPrefix().size() + options->test_suffix.size();
    *exit_code = Command(*options).Run();
  });
}

}  // namespace kvmtest
