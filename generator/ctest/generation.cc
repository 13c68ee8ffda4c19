#include "ctest/generation.h"

#include <fmt/format.h>

#include <tuple>

#include "ctest/descriptions.h"
#include "ctest/escape.h"
#include "ctest/names.h"
#include "ctest/quote.h"
#include "ctest/resource_spec.h"
#include "ctest/scripts.h"
#include "plan/digest.h"
#include "plan/text.h"

namespace kvmtest::ctest {
namespace {

// Changes when the same plan would give other files.
constexpr uint64_t kFormat = 7;

// Of what is planned, as its digest says, and what is made of it. A host's own files depend on no
// more: not on other hosts, nor on resources that are none of ours.
std::string DigestOf(const std::string& planned, const Options& options) {
  plan::Digest digest;
  digest.Add(kFormat).Add(options.version).Add(planned);
  digest.Add(options.name)
      .Add(options.config)
      .Add(options.output_dir)
      .Add(options.state_dir)
      .Add(options.root);
  digest.Add(options.runner).Add(options.test_prefix);
  digest.Add(options.runner_args.size()).Add(options.labels.size()).Add(options.launcher.size());
  for (const std::string& arg : options.runner_args) digest.Add(arg);
  for (const std::string& word : options.launcher) digest.Add(word);
  for (const std::string& label : options.labels) digest.Add(label);
  digest.Add(options.test_suffix).Add(options.properties.size());
  for (const auto& [name, value] : options.properties) digest.Add(name).Add(value);
  for (bool flag : {options.order_by_plan, options.pulls_required, options.source_locations,
                    options.test_lists}) {
    digest.Add(flag ? 1 : 0);
  }
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
    CheckNames();
    MergeProjectSpec();
    if (!result_.errors.empty()) return std::move(result_);
    result_.digest =
        plan::Digest().Add(DigestOf(plan_.whole_digest, options_)).Add(options_.merge_spec).Hex();
    result_.directory = fmt::format("{}/gen-{}", options_.output_dir, result_.digest);
    FindRequired();
    for (uint32_t host = 0; host < plan_.hosts.size(); ++host) WriteHost(host);
    spec_.naming = Naming();
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

  // What is around the plan's names, which can all be names.
  void CheckNames() {
    for (const auto& [option, text] : {std::pair("--test-prefix", options_.test_prefix),
                                       std::pair("--test-suffix", options_.test_suffix)}) {
      if (text.empty()) continue;
      auto fault = options_.test_lists ? ListItemFault(text) : plan::NameFault(text);
      if (!fault) continue;
      result_.errors.push_back(
          fmt::format("{0}: error: '{1}' cannot be part of a name: {2}\n", option, text, *fault));
    }
  }

  void MergeProjectSpec() {
    spec_ = SpecOf(plan_);
    if (options_.merge_spec.empty()) return;
    std::string error;
    auto project = ReadProjectSpec(options_.merge_spec, &error);
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

  ResourceSpec::Naming Naming() const {
    ResourceSpec::Naming naming{.suffix = options_.test_suffix};
    std::vector<bool> has_tests(plan_.sets.size());
    for (const plan::Test& test : plan_.tests) has_tests[test.set] = true;
    for (size_t set = 0; set < plan_.sets.size(); ++set)
      if (has_tests[set]) naming.beginnings.push_back(options_.test_prefix + plan_.sets[set].name);
    for (const plan::Host& host : plan_.hosts)
      naming.hosts.push_back({host.name, host.any_machine, host.implicit});
    return naming;
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
    Descriptions descriptions =
        Describe(plan_, host, tests, options_, DigestOf(plan_.hosts[host].whole_digest, options_));
    std::map<LeafKey, Leaf> leaves;
    bool clashes = false;
    for (size_t i = 0; i < tests.size(); ++i) {
      const plan::Test& test = plan_.tests[tests[i]];
      clashes = clashes || test.on_several_hosts;
      Leaf& leaf = leaves[{test.set, QueueDirectory(plan_, test)}];
      if (leaf.tests.empty()) DescribeLeaf(test, &leaf);
      leaf.tests.push_back({&test, descriptions.offsets[i]});
    }
    result_.files[DescriptionsPath(plan_.hosts[host].name)] = std::move(descriptions.text);
    WriteLeaves(directory, plan_.hosts[host].name, &leaves, false);
    all_hosts_.push_back(directory);
    if (clashes) {
      WriteLeaves(directory + "/all", plan_.hosts[host].name, &leaves, true);
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

  void WriteLeaves(const std::string& directory, const std::string& host,
                   std::map<LeafKey, Leaf>* leaves, bool all_hosts) {
    std::map<uint32_t, std::vector<std::string>> queues;  // directories by set, relative to it
    std::map<uint32_t, std::string> lists;                // of names, likewise
    for (auto& [key, leaf] : *leaves) {
      leaf.all_hosts = all_hosts;
      leaf.descriptions = all_hosts ? "../../../../tests.jsonl" : "../../../tests.jsonl";
      std::string path = LeafDirectory(directory, key);
      result_.files[path + "/CTestTestfile.cmake"] =
          LeafScript(plan_, options_, leaf, is_required_);
      queues[std::get<0>(key)].push_back(std::get<1>(key));
      if (options_.test_lists) lists[std::get<0>(key)] += TestList(plan_, options_, leaf);
    }
    std::vector<std::string> sets;
    for (const auto& [set, directories] : queues) {
      std::string path = directory + "/" + SetDirectory(set);
      std::string comment = fmt::format("set {} on host {}", plan_.sets[set].name, host);
      result_.files[path + "/CTestTestfile.cmake"] =
          Banner(options_, comment) + Subdirectories(directories);
      if (options_.test_lists) {
        result_.files[path + "/test_list.cmake"] = Banner(options_, comment) + lists[set];
      }
      sets.push_back(SetDirectory(set));
    }
    result_.files[directory + "/CTestTestfile.cmake"] =
        Banner(options_, "host " + host) + Subdirectories(sets);
  }

  // Relative to the host's.
  std::string SetDirectory(uint32_t set) const { return "sets/" + Escape(plan_.sets[set].name); }

  std::string LeafDirectory(const std::string& host_directory, const LeafKey& key) const {
    const auto& [set, queue] = key;
    return fmt::format("{}/{}/{}", host_directory, SetDirectory(set), queue);
  }

  // One queue by itself, for `ctest --test-dir <this> -j1`.
  void WriteQueues(uint32_t host, const std::string& directory,
                   const std::map<LeafKey, Leaf>& leaves) {
    for (const std::string& queue : plan_.hosts[host].queues) {
      std::vector<std::string> directories;
      for (const auto& [key, leaf] : leaves) {
        if (std::get<1>(key) != Escape(queue)) continue;
        directories.push_back(LeafDirectory("../..", key));
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
    std::vector<std::string> set_directories;
    for (const plan::TestSet& set : plan_.sets) {
      sets.push_back(set.name);
      set_directories.push_back(Escape(set.name));
    }
    std::string text = Banner(options_, "the generation that counts");
    text += fmt::format("set(KVMTEST_GENERATION {})\n", Bracket(result_.directory));
    text += SetList("KVMTEST_HOSTS", hosts);
    text += SetList("KVMTEST_HOST_DIRS", directories);
    text += fmt::format("set(KVMTEST_ANY_HOST \"{}\")\n", any);
    text += SetList("KVMTEST_ALL_HOSTS_DIRS", all_hosts_);
    if (plan_.takes_processors) text += "set(KVMTEST_PROCESSORS ON)\n";
    text += SetList("KVMTEST_SETS", sets);
    text += SetList("KVMTEST_SET_DIRS", set_directories);
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
  std::string name = options.test_prefix + test.name + options.test_suffix;
  if (all_hosts && test.on_several_hosts) name += "@" + plan.hosts[test.host].name;
  return name;
}

}  // namespace kvmtest::ctest
