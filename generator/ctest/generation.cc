#include "ctest/generation.h"

#include <fmt/format.h>

#include <tuple>

#include "ctest/descriptions.h"
#include "ctest/escape.h"
#include "ctest/quote.h"
#include "ctest/resource_spec.h"
#include "ctest/scripts.h"
#include "plan/digest.h"

namespace kvmtest::ctest {
namespace {

// Changes when the same plan would give other files.
constexpr uint64_t kFormat = 4;

std::string DigestOf(const plan::Plan& plan, const Options& options) {
  plan::Digest digest;
  digest.Add(kFormat).Add(options.version).Add(plan.whole_digest);
  digest.Add(options.name)
      .Add(options.config)
      .Add(options.output_dir)
      .Add(options.state_dir)
      .Add(options.root);
  digest.Add(options.runner).Add(options.test_prefix).Add(options.merge_spec);
  digest.Add(options.runner_args.size()).Add(options.labels.size());
  for (const std::string& arg : options.runner_args) digest.Add(arg);
  for (const std::string& label : options.labels) digest.Add(label);
  return digest.Hex();
}

// Queues are escaped, and no escaped name contains "_p".
std::string QueueDirectory(const plan::Plan& plan, const plan::Test& test) {
  return test.pooled ? "_pool" : Escape(plan.queues[test.queues[0]].queue);
}

class Renderer {
 public:
  Renderer(const plan::Plan& plan, const Options& options) : plan_(plan), options_(options) {}

  Generation Run() {
    CheckLabels();
    ReadProjectSpec();
    if (!result_.errors.empty()) return std::move(result_);
    result_.digest = DigestOf(plan_, options_);
    result_.directory = fmt::format("{}/gen-{}", options_.output_dir, result_.digest);
    FindRequired();
    for (uint32_t host = 0; host < plan_.hosts.size(); ++host) WriteHost(host);
    result_.files["resources.json"] = WriteSpec(spec_);
    result_.pointer = Pointer();
    return std::move(result_);
  }

 private:
  // Labels of the plan have been checked where their places are known.
  void CheckLabels() {
    for (const std::string& label : options_.labels) {
      auto fault = ListItemFault(label);
      if (!fault) continue;
      result_.errors.push_back(
          fmt::format("--label: error: the label '{}' cannot be a label: {}\n", label, *fault));
    }
  }

  void ReadProjectSpec() {
    spec_ = SpecOf(plan_);
    if (options_.merge_spec.empty()) return;
    std::string error;
    auto project = ReadSpec(options_.merge_spec, &error);
    if (!project) {
      result_.errors.push_back(fmt::format("{}: error: {}\n", options_.merge_spec_path, error));
      return;
    }
    std::vector<std::string> errors;
    spec_ = MergeSpecs({{options_.merge_spec_path, *project}, {options_.config, spec_}}, &errors);
    for (const std::string& text : errors) {
      result_.errors.push_back(fmt::format("{}: error: {}\n", options_.merge_spec_path, text));
    }
  }

  // ---- files ----

  void FindRequired() {
    is_required_.assign(plan_.tests.size(), false);
    for (const plan::Test& test : plan_.tests) {
      for (uint32_t other : test.required) is_required_[other] = true;
    }
  }

  // The tests of a set on a queue, which share a directory and its labels.
  using LeafKey = std::tuple<uint32_t, std::string>;  // set, queue's directory

  void WriteHost(uint32_t host) {
    std::vector<uint32_t> tests;
    for (uint32_t i = 0; i < plan_.tests.size(); ++i) {
      if (plan_.tests[i].host == host) tests.push_back(i);
    }
    std::string directory = Escape(plan_.hosts[host].name);
    Descriptions descriptions = Describe(plan_, host, tests, options_, result_.digest);
    std::map<LeafKey, Leaf> leaves;
    bool clashes = false;
    for (size_t i = 0; i < tests.size(); ++i) {
      const plan::Test& test = plan_.tests[tests[i]];
      clashes = clashes || test.on_several_hosts;
      Leaf& leaf = leaves[{test.set, QueueDirectory(plan_, test)}];
      if (leaf.tests.empty()) DescribeLeaf(test, &leaf);
      leaf.tests.push_back({&test, fmt::format("{}/{}/tests.jsonl@{}", result_.directory, directory,
                                               descriptions.offsets[i])});
    }
    result_.files[directory + "/tests.jsonl"] = std::move(descriptions.text);
    WriteLeaves(directory, directory + "/sets", plan_.hosts[host].name, &leaves, false);
    all_hosts_.push_back(directory);
    if (clashes) {
      WriteLeaves(directory + "/all", directory + "/all/sets", plan_.hosts[host].name, &leaves,
                  true);
      all_hosts_.back() += "/all";
    }
    WriteQueues(host, directory, leaves);
  }

  void DescribeLeaf(const plan::Test& test, Leaf* leaf) {
    const std::string& set = plan_.sets[test.set].name;
    const std::string& host = plan_.hosts[test.host].name;
    leaf->labels = {set, "host:" + host};
    leaf->comment = fmt::format("set {} on host {}", set, host);
    if (test.pooled) {
      leaf->comment += ", any queue";
    } else {
      const std::string& queue = plan_.queues[test.queues[0]].queue;
      leaf->labels.push_back("queue:" + queue);
      leaf->comment += ", queue " + queue;
    }
    leaf->labels.insert(leaf->labels.end(), options_.labels.begin(), options_.labels.end());
  }

  void WriteLeaves(const std::string& directory, const std::string& leaf_directory,
                   const std::string& host, std::map<LeafKey, Leaf>* leaves, bool all_hosts) {
    std::vector<std::string> directories;
    for (auto& [key, leaf] : *leaves) {
      leaf.all_hosts = all_hosts;
      std::string path = LeafDirectory(leaf_directory, key);
      result_.files[path + "/CTestTestfile.cmake"] =
          LeafScript(plan_, options_, leaf, is_required_);
      directories.push_back(result_.directory + "/" + path);
    }
    result_.files[directory + "/CTestTestfile.cmake"] =
        Banner(options_, "host " + host) + Subdirectories(directories);
  }

  std::string LeafDirectory(const std::string& base, const LeafKey& key) const {
    const auto& [set, queue] = key;
    return fmt::format("{}/{}/{}", base, Escape(plan_.sets[set].name), queue);
  }

  // One queue by itself, for `ctest --test-dir <this> -j1`.
  void WriteQueues(uint32_t host, const std::string& directory,
                   const std::map<LeafKey, Leaf>& leaves) {
    for (const std::string& queue : plan_.hosts[host].queues) {
      std::vector<std::string> directories;
      for (const auto& [key, leaf] : leaves) {
        if (std::get<1>(key) != Escape(queue)) continue;
        directories.push_back(result_.directory + "/" + LeafDirectory(directory + "/sets", key));
      }
      if (directories.empty()) continue;
      std::string comment = fmt::format("queue {} of host {}", queue, plan_.hosts[host].name);
      std::string script = Banner(options_, comment);
      script += fmt::format("include({})\n", Bracket(options_.root + "/resources.cmake"));
      script += Subdirectories(directories);
      script += "set(CTEST_RESOURCE_SPEC_FILE \"${KVMTEST_RESOURCE_SPEC}\")\n";
      result_.files[fmt::format("{}/queues/{}/CTestTestfile.cmake", directory, Escape(queue))] =
          script;
    }
  }

  static std::string SetList(const char* variable, const std::vector<std::string>& items) {
    std::string text = fmt::format("set({}", variable);
    for (const std::string& item : items) text += " " + Bracket(item);
    // Without items set() would unset the variable, and an outer one could show.
    return text + (items.empty() ? " \"\")\n" : ")\n");
  }

  std::string Pointer() const {
    std::vector<std::string> hosts;
    std::vector<std::string> directories;
    std::vector<std::string> sets;
    std::string any;
    for (const plan::Host& host : plan_.hosts) {
      if (host.any_machine) any = Escape(host.name);
      if (host.implicit) continue;
      hosts.push_back(host.name);
      directories.push_back(Escape(host.name));
    }
    for (const plan::TestSet& set : plan_.sets) sets.push_back(set.name);
    std::string text = Banner(options_, "the generation that counts");
    text += fmt::format("set(KVMTEST_GENERATION {})\n", Bracket(result_.directory));
    text += SetList("KVMTEST_HOSTS", hosts);
    text += SetList("KVMTEST_HOST_DIRS", directories);
    text += fmt::format("set(KVMTEST_ANY_HOST \"{}\")\n", any);
    text += SetList("KVMTEST_ALL_HOSTS_DIRS", all_hosts_);
    text += SetList("KVMTEST_SETS", sets);
    return text;
  }

  const plan::Plan& plan_;
  const Options& options_;
  Generation result_;
  ResourceSpec spec_;
  std::vector<bool> is_required_;       // by test
  std::vector<std::string> all_hosts_;  // directories for all hosts at once
};

}  // namespace

Generation Render(const plan::Plan& plan, const Options& options) {
  return Renderer(plan, options).Run();
}

std::string TestName(const plan::Plan& plan, const plan::Test& test, const Options& options,
                     bool all_hosts) {
  std::string name = options.test_prefix + test.name;
  if (all_hosts && test.on_several_hosts) name += "@" + plan.hosts[test.host].name;
  return name;
}

}  // namespace kvmtest::ctest
