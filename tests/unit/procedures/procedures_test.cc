// What procedures check before they run; what they do is shown with fake_qemu.py (tests/faults)
// and real guests (tests/procedures).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "plan/procedure_types.h"
#include "procedures/procedure.h"
#include "procedures/program.h"
#include "procedures/script.h"
#include "vm/vm_config.h"

namespace kvmtest::procedures {
namespace {

TEST(Procedures, TableIsComplete) {
  std::set<std::string> types;
  for (const Procedure* procedure : Procedures()) {
    EXPECT_TRUE(types.insert(procedure->type).second) << procedure->type;
    EXPECT_EQ(FindProcedure(procedure->type), procedure);
    EXPECT_TRUE(IsProcedureParam(procedure->params.substr(0, procedure->params.find(' '))));
  }
  EXPECT_EQ(FindProcedure("install"), nullptr);
  EXPECT_EQ(FindProcedure(""), nullptr);
}

// What ping says of machines with a card each, cut.
std::string PingedMachines(const std::vector<vm::NicConfig>& nics) {
  std::vector<vm::VmConfig> configs;
  for (const vm::NicConfig& nic : nics) configs.emplace_back().nics = {nic};
  return FindProcedure("ping")->check_machines(configs).substr(0, 30);
}

TEST(Procedures, PingNeedsAWay) {
  auto card = [](vm::NetMode mode, const char* network, const char* ip) {
    vm::NicConfig nic;
    nic.net.mode = mode;
    nic.net.network = network;
    nic.address.ip = ip;
    return nic;
  };
  using enum vm::NetMode;
  EXPECT_EQ(PingedMachines({card(kPrivate, "a", "1.0.0.1"), card(kPrivate, "b", "1.0.0.2")}),
            "ping: no two VMs of the test s");
  EXPECT_EQ(PingedMachines({card(kPrivate, "a", "1.0.0.1"), card(kPrivate, "a", "1.0.0.2")}), "");
  EXPECT_EQ(PingedMachines({card(kBridge, "a", ""), card(kBridge, "a", "")}),
            "ping: no card has an IP addres");
  EXPECT_EQ(PingedMachines({card(kBridge, "a", ""), card(kBridge, "a", "1.0.0.2")}),
            "ping: no card has an IP addres");
  EXPECT_EQ(PingedMachines({card(kUser, "", "")}), "ping: no card has an IP addres");
  EXPECT_EQ(PingedMachines({card(kUser, "", "10.0.2.15"), card(kBridge, "a", "")}), "");
  EXPECT_EQ(PingedMachines({card(kTap, "a", "1.0.0.1")}), "");
}

// `kvmtest-generate check` tells of tests that would be skipped.
TEST(Procedures, TheGeneratorKnowsThem) {
  std::set<std::string> types;
  for (const Procedure* procedure : Procedures()) types.insert(procedure->type);
  EXPECT_EQ(types, std::set<std::string>(std::begin(plan::kProcedureTypes),
                                         std::end(plan::kProcedureTypes)));
}

TEST(Procedures, Checks) {
  struct Row {
    const char* type;
    vm::Params::Map params;
    const char* wrong;
  };
  const Row kRows[] = {
      {"boot",
       {{"login_timeout", "0"}},
       "login_timeout = 0: expected a whole number from 1 to 1000000"},
      {"boot",
       {{"shell_client", "none"}},
       "shell_client = none needs boot_marker, a regular expression"},
      {"boot", {{"vms", "a b"}, {"shell_client_b", "none"}, {"boot_marker", "x"}}, ""},
      {"boot",
       {{"vms", "a b"}, {"shell_client_b", "none"}},
       "shell_client = none needs boot_marker, a regular expression"},
      {"ping",
       {{"vms", "a b"}, {"nics", "n"}, {"shell_client_b", "none"}, {"boot_marker", "x"}},
       "ping needs guests with a shell"},
      {"ping", {{"nics", "n"}}, ""},
      {"ping",
       {{"nics", "n"}, {"ping_loss_ratio", "100"}},
       "ping_loss_ratio = 100: expected a whole number from 0 to 99"},
      {"ping",
       {{"nics", "n"}, {"ping_interval", "0.2; reboot"}},
       "ping_interval = 0.2; reboot: expected seconds such as 0.2"},
      {"external", {{"type", "external"}}, "type = external needs command, a line for the shell"},
      {"external",
       {{"type", "x"}, {"test_dirs", "/usr/bin own"}},
       "test_dirs: 'own' is no absolute path"},
      {"external",
       {{"type", "x"}, {"test_dirs", "'/own"}},
       "test_dirs = '/own: a quote is not closed"},
      {"external",
       {{"type", "external"}, {"command", "true"}, {"command_timeout", "soon"}},
       "command_timeout = soon: expected a whole number from 1 to 1000000"},
      {"external", {{"type", "true"}, {"test_dirs", "'/no where' /usr/bin"}}, ""},
      {"reboot", {{"shell_client", "none"}, {"boot_marker", "x"}}, ""},
      {"reboot",
       {{"shell_client", "none"}, {"boot_marker", "x"}, {"reboot_method", "shell"}},
       "reboot_method = shell, but shell_client = none"},
      {"shutdown",
       {{"shutdown_method", "kill"}},
       "shutdown_method = kill: expected shell or system_powerdown"},
      {"reboot",
       {{"reboot_method", "kick"}},
       "reboot_method = kick: expected shell or system_reset or ctrl-alt-del"},
      {"migration", {{"migration_protocol", "tcp fd"}}, ""},
      {"migration",
       {{"migration_protocol", "tcp rdma"}},
       "migration_protocol = rdma: expected tcp, unix, exec or fd"},
      {"migration",
       {{"mig_timeout", "soon"}},
       "mig_timeout = soon: expected a whole number from 1 to 1000000"},
      {"migration",
       {{"shell_client", "none"}, {"boot_marker", "x"}},
       "type = migration needs the guest's shell, but shell_client = none"},
      {"save_restore", {{"save_method", "tape"}}, "save_method = tape: expected file or snapshot"},
      {"save_restore",
       {{"save_method", "snapshot"}},
       "save_method = snapshot needs a disk (images), in which the state is saved"},
      {"panic",
       {{"panic_detected_by", "smell"}},
       "panic_detected_by = smell: expected any, pvpanic, console or both"},
      {"panic",
       {{"panic_detected_by", "both"}, {"pvpanic", "no"}},
       "panic_detected_by = both, but pvpanic = no"},
      {"stop_continue",
       {{"stop_seconds", "0"}},
       "stop_seconds = 0: expected a whole number from 1 to 3600"},
      {"guest_command", {}, "type = guest_command needs one of guest_command and guest_script"},
      {"guest_command",
       {{"guest_command", "a"}, {"guest_script", "/b"}},
       "type = guest_command needs one of guest_command and guest_script"},
      {"guest_command",
       {{"guest_script", "b"}},
       "guest_script = b: a relative path needs the param images_base_dir (an absolute path)"},
      {"guest_command",
       {{"guest_command", "a"}, {"guest_command_expect", "("}},
       "guest_command_expect = (: no regular expression: missing ): ("},
      {"dump_guest_memory",
       {{"dump_format", "core"}},
       "dump_format = core: expected elf, kdump-zlib, kdump-lzo or kdump-snappy"},
      {"timedrift",
       {{"drift_threshold", "-1"}},
       "drift_threshold = -1: expected a whole number from 0 to 1000"},
      {"stress_boot",
       {{"max_vms", "1000"}},
       "max_vms = 1000: expected a whole number from 1 to 256"},
      {"qemu_img", {}, ""},
      {"qemu_img",
       {{"image_format", "iso"}},
       "image_format = iso: expected qcow2, qed, raw, vdi, vhdx, vmdk or vpc"},
      {"qemu_img",
       {{"image_format", "raw"}, {"subcommand", "info snapshot"}},
       "subcommand = snapshot: for raw images expected some of create, info, convert, resize, "
       "compare"},
      {"qemu_img", {{"image_size", "1G"}}, ""},
      {"qemu_img", {{"image_size", "5x"}}, "image_size = 5x: expected a size from 4M to 1T"},
      {"kvm_unit_test", {{"kernel", "/a.flat"}}, ""},
      {"kvm_unit_test",
       {{"kut_timeout", "soon"}},
       "kut_timeout = soon: expected a whole number from 0 to 1000000"},
      {"kvm_unit_test", {{"kut_mode", "odd"}}, "kut_mode = odd: expected exit, panic or migration"},
      {"kvm_unit_test", {{"kut_check", "a=b"}}, "kut_check = a=b: expected /path=value"},
      {"kvm_unit_test", {{"vms", "a b"}}, "a kvm_unit_test has one VM, not 2"},
      {"rng",
       {{"type", "rng"}, {"shell_client", "none"}, {"boot_marker", "x"}},
       "type = rng needs the guest's shell, but shell_client = none"},
      {"rng",
       {{"rng_size_vm1", "0"}},
       "rng_size = 0: expected a whole number from 1 to 1000000000"},
      {"qmp_script",
       {{"qmp_script", ""}},
       "qmp_script is empty: expected a script, or the path of a file with one"},
      {"qmp_script",
       {{"qmp_script", "{\"execute\": \"stop\"}\nwait x"}},
       "qmp_script:2: wait x: expected a number of seconds"},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(FindProcedure(row.type)->check(vm::Params(row.params)), row.wrong) << row.type;
  }
}

TEST(Program, Measurements) {
  struct Row {
    const char* text;
    std::map<std::string, double> values;
    const char* wrong;
  };
  for (const Row& row : {
           Row{"", {}, ""},
           Row{"a 1\n\nb.c\t-2.5e3\r\n", {{"a", 1}, {"b.c", -2500}}, ""},
           Row{" {\"a\": 1, \"b\": 0.5}\n", {{"a", 1}, {"b", 0.5}}, ""},
           Row{"a", {}, "line 1: expected NAME NUMBER, found 'a'"},
           Row{"a 1\nb 1x", {}, "line 2: expected NAME NUMBER, found 'b 1x'"},
           Row{"a inf", {}, "line 1: a: not a finite number"},
           Row{"<a> 1", {}, "line 1: '<a>' is no name: up to 70 of A-Z a-z 0-9 _ - . : /"},
           Row{"Processors 4", {}, "line 1: 'Processors' is told of every test already"},
           Row{"{\"Environment\": 1}", {}, "'Environment' is told of every test already"},
           Row{"accel 1", {}, "line 1: 'accel' is told of every test already"},
           Row{"boot_seconds 1", {}, "line 1: boot_seconds is measured by the runner"},
           Row{"{", {}, "it is no JSON object"},
           Row{"{\"a\": [1]}", {}, "a: expected a number, found [1]"},
       }) {
    auto found = ReadMeasurements(row.text);
    auto* wrong = std::get_if<std::string>(&found);
    EXPECT_EQ(wrong != nullptr ? *wrong : "", row.wrong) << row.text;
    if (wrong != nullptr) continue;
    EXPECT_EQ((std::get<0>(found)), row.values) << row.text;
  }
}

TEST(Program, SubResults) {
  std::string text = "pass a b\r\n\n fail\t<d> \nskip e";
  std::vector<std::string> found;
  for (const SubResult& part : ReadSubResults(text).parts) {
    found.push_back(part.status + ":" + part.name);
  }
  EXPECT_EQ(found, (std::vector<std::string>{"pass:a b", "fail:<d>", "skip:e"}));
  for (int i = 0; i < 2000; ++i) text += "\npass more";
  SubResults many = ReadSubResults(text + "\nfail late");
  EXPECT_EQ(many.parts.size(), 1000u);
  EXPECT_EQ(many.counts, (std::map<std::string, size_t>{{"pass", 2001}, {"fail", 2}, {"skip", 1}}));
  EXPECT_EQ(many.first_failed, "<d>");
  EXPECT_EQ(ReadSubResults("fail " + std::string(1001, 'x')).first_failed,
            std::string(1000, 'x') + "...");
  EXPECT_EQ(many.Total(), 2004u);
  EXPECT_EQ(many.wrong, "");
  for (const char* slip : {"fail", "fail ", "FAIL one", "fail: one", "maybe c", "failed one"}) {
    SubResults results = ReadSubResults("pass a\n" + std::string(slip) + "\nnor this\npass b");
    EXPECT_EQ(
        results.wrong.substr(0, 57),
        "line 2: expected pass, fail or skip and a name, found '" + std::string(slip).substr(0, 2));
    EXPECT_EQ(results.Total(), 2u) << slip;
  }
}

TEST(Program, OutputKeepsBeginningAndEnd) {
  ProgramOutput output;
  EXPECT_EQ(output.Shown() + output.LastLine(), "");
  output.Append("first\nsecond\n \n");
  EXPECT_EQ(output.Shown(), "first\nsecond\n \n");
  EXPECT_EQ(output.LastLine(), "second");
  for (int i = 0; i < 100000; ++i) output.Append("line " + std::to_string(i) + "\n");
  std::string shown = output.Shown();
  EXPECT_LT(shown.size(), 21000u);
  EXPECT_EQ(shown.substr(0, 6), "first\n");
  EXPECT_NE(shown.find(" bytes ...]\n"), std::string::npos);
  EXPECT_EQ(output.LastLine(), "line 99999");
}

// What procedures need of a machine beyond its params.
TEST(Procedures, Configure) {
  struct Row {
    const char* type;
    vm::Params::Map params;
    const char* wrong;
  };
  const Row kRows[] = {
      {"nic_hotplug", {}, "nic_hotplug needs a network card in `nics`, to be plugged in"},
      {"nic_hotplug",
       {{"nics", "a"}, {"hotplug_nic", "b"}},
       "hotplug_nic = b is none of the VM's nics"},
      {"nic_hotplug", {{"nics", "a b"}}, ""},
      {"block_hotplug", {}, "block_hotplug needs a disk in `images`, to be plugged in"},
      {"cpu_hotplug",
       {{"smp", "2"}, {"vcpu_maxcpus", "2"}},
       "vcpu_maxcpus = 2 leaves no room beside smp = 2"},
      {"watchdog", {{"enable_watchdog", "no"}}, "type = watchdog, but enable_watchdog = no"},
      {"balloon", {{"mem", "128"}, {"balloon_target", "127"}}, ""},
      {"balloon",
       {{"mem", "128"}, {"balloon_target", "128"}},
       "balloon_target = 128: expected less than mem = 128"},
      {"virtio_console", {{"virtio_ports", ""}}, "virtio_console needs a port in `virtio_ports`"},
  };
  for (const Row& row : kRows) {
    vm::Params params(row.params);
    auto built =
        vm::BuildVmConfig(params, "vm1", {{"52:54:00:00:00:01", ""}, {"52:54:00:00:00:02", ""}});
    auto& config = std::get<vm::VmConfig>(built);
    EXPECT_EQ(FindProcedure(row.type)->configure(params.For("vm1"), &config), row.wrong);
    if (config.nics.size() == 2) {
      EXPECT_TRUE(config.nics[0].attached);
      EXPECT_FALSE(config.nics[1].attached);
    }
  }
}

TEST(Script, Steps) {
  auto parsed = ParseScript(
      "# c\n{\"execute\": \"a\", \"arguments\":\n {\"x\": \"} #\"}} expect [1, {\"y\": null}]\n"
      "event E {\"z\": 1} event F {\"execute\": \"b\"} error \"no \\\" way\" wait 0.5");
  auto* steps = std::get_if<std::vector<ScriptStep>>(&parsed);
  ASSERT_NE(steps, nullptr) << std::get<std::string>(parsed);
  std::string dump;
  for (const ScriptStep& step : *steps) {
    dump += fmt::format("{}:{} {} '{}' {}\n", step.line, static_cast<int>(step.kind),
                        step.json.dump(), step.text, step.seconds);
  }
  EXPECT_EQ(dump,
            "2:0 {\"arguments\":{\"x\":\"} #\"},\"execute\":\"a\"} '' 0\n"
            "3:1 [1,{\"y\":null}] '' 0\n"
            "4:3 {\"z\":1} 'E' 0\n"
            "4:3 null 'F' 0\n"
            "4:0 {\"execute\":\"b\"} '' 0\n"
            "4:2 null 'no \" way' 0\n"
            "4:4 null '' 0.5\n");
}

TEST(Script, Errors) {
  const char* kRows[][2] = {
      {"{\"x\": 1}", "1: a command without \"execute\""},
      {"\n{\"execute\"", "2: no JSON: {\"execute\""},
      {"expect {}", "1: expect stands behind no command"},
      {"{\"execute\": \"a\"} error 5", "1: error needs a text in quotes"},
      {"event", "1: event needs a name"},
      {"wait -1", "1: wait -1: expected a number of seconds"},
  };
  for (auto& [text, error] : kRows) {
    auto parsed = ParseScript(text);
    ASSERT_TRUE(std::holds_alternative<std::string>(parsed)) << text;
    EXPECT_EQ(std::get<std::string>(parsed), error);
  }
}

TEST(Script, Holds) {
  auto json = [](const char* text) { return nlohmann::json::parse(text); };
  EXPECT_TRUE(
      Holds(json(R"({"a": [1, {"b": 2, "c": 3}], "d": 4})"), json(R"({"a": [1, {"c": 3}]})")));
  EXPECT_FALSE(Holds(json(R"({"a": [1]})"), json(R"({"a": [1, 2]})")));
  EXPECT_FALSE(Holds(json(R"({"a": 1})"), json(R"({"b": null})")));
  EXPECT_FALSE(Holds(json("[1]"), json("{}")));
}

}  // namespace
}  // namespace kvmtest::procedures
