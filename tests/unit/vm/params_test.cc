#include "vm/params.h"

#include <gtest/gtest.h>

#include "vm/foreign_params.h"
#include "vm/known_params.h"

namespace kvmtest::vm {
namespace {

TEST(Params, ObjectsOverrideAndNest) {
  Params params({{"mem", "512"},
                 {"mem_vm2", "1024"},
                 {"nic_model", "rtl8139"},
                 {"nic_model_nic2", "e1000"},
                 {"nic_model_nic2_vm2", "virtio"},
                 {"nic_model_vm3", "pcnet"}});
  struct Row {
    std::string vm, nic, mem, model;
  };
  for (const Row& row : {Row{"vm1", "nic1", "512", "rtl8139"}, Row{"vm1", "nic2", "512", "e1000"},
                         Row{"vm2", "nic2", "1024", "virtio"}, Row{"vm3", "nic1", "512", "pcnet"},
                         Row{"vm3", "nic2", "512", "e1000"}}) {
    Params vm = params.For(row.vm);
    EXPECT_EQ(vm.Get("mem"), row.mem) << row.vm;
    EXPECT_EQ(vm.For(row.nic).Get("nic_model"), row.model) << row.vm << row.nic;
  }
  EXPECT_EQ(params.Get("absent", "default"), "default");
}

// KVM-Autotest cut a key at the first suffix it found; "image_name_vm1_x" became "image_name".
TEST(Params, OnlyWholeSuffixesCount) {
  Params params({{"image_name_vm1_x", "wrong"}, {"image_name", "right"}});
  EXPECT_EQ(params.For("vm1").Get("image_name"), "right");
}

TEST(Params, Bools) {
  Params params({{"a", "yes"}, {"b", "no"}, {"c", "ON"}, {"d", ""}});
  EXPECT_TRUE(params.GetBool("a", false));
  EXPECT_FALSE(params.GetBool("b", true));
  EXPECT_TRUE(params.GetBool("c", false));
  EXPECT_FALSE(params.GetBool("d", true));
  EXPECT_TRUE(params.GetBool("absent", true));
}

TEST(Params, WordsForYesAndNo) {
  for (const char* word : {"yes", "no", "On", "OFF", "true", "False", "1", "0", ""}) {
    EXPECT_FALSE(CheckYesNo(Params(Params::Map{{"a", word}}), {"a", "absent"})) << word;
  }
  for (const char* word : {"maybe", "y", "enable", "2", " yes"}) {
    auto error = CheckYesNo(Params(Params::Map{{"a", word}, {"a_vm1", "yes"}}), {"b", "a"});
    ASSERT_TRUE(error) << word;
    EXPECT_EQ(error->text,
              std::string("a = ") + word + ": expected yes or no (or on, off, true, false, 1, 0)");
    EXPECT_FALSE(CheckYesNo(Params(Params::Map{{"a", word}, {"a_vm1", "yes"}}).For("vm1"), {"a"}));
  }
}

// "value of key" for a and its other name b, as nic1 of vm1 has them, and what contradicts.
std::string Nearest(Params::Map map) {
  Params params(std::move(map));
  auto found = params.For("vm1").For("nic1").FindNearest({"a", "b"});
  std::string text = found ? found->value + " of " + found->key : "none";
  for (const std::string& contradiction : params.Contradictions()) text += "; " + contradiction;
  EXPECT_EQ(params.Unread(), std::vector<std::string>());
  return text;
}

TEST(Params, TheNearestOfSeveralNames) {
  EXPECT_EQ(Nearest({}), "none");
  EXPECT_EQ(Nearest({{"a", "1"}}), "1 of a");
  EXPECT_EQ(Nearest({{"b", "1"}}), "1 of b");
  EXPECT_EQ(Nearest({{"a", "1"}, {"b_nic1", "2"}}), "2 of b");
  EXPECT_EQ(Nearest({{"a", "1"}, {"b_vm1", "2"}}), "2 of b");
  EXPECT_EQ(Nearest({{"a_vm1", "1"}, {"b_nic1", "2"}}), "2 of b");
  EXPECT_EQ(Nearest({{"a_nic1", "1"}, {"b_nic1_vm1", "2"}}), "2 of b");
  EXPECT_EQ(Nearest({{"a_nic1", "1"}, {"b", "2"}}), "1 of a");
  EXPECT_EQ(Nearest({{"a", "1"}, {"b", "1"}}), "1 of a");
  EXPECT_EQ(Nearest({{"a", ""}, {"b", "1"}}), "1 of b");
  EXPECT_EQ(Nearest({{"a", "1"}, {"b", ""}}), "1 of a");
  EXPECT_EQ(Nearest({{"a", "1"}, {"b", "2"}}), "1 of a; b = 2 contradicts a = 1, which is taken");
  EXPECT_EQ(Nearest({{"a_vm1", "1"}, {"b_vm1", "2"}, {"a", "3"}}),
            "1 of a; b_vm1 = 2 contradicts a_vm1 = 1, which is taken");
}

TEST(Params, UnreadAreThoseNobodyKnows) {
  Params params({{"mem", "1"},
                 {"frob", "x"},
                 {"frob_vm1", "y"},
                 {"nicmodel", "z"},
                 {"hostname", "h"},
                 {"base_mac_r0", "m"}});
  params.For("vm1").Get("mem");
  params.For("vm1").Get("frob");
  EXPECT_EQ(params.Unread(), std::vector<std::string>{"nicmodel"});
}

TEST(Params, KnownTableIsSorted) {
  for (const char* key : {"accel", "address_ranges", "type", "vms", "queue", "kernel_params"}) {
    EXPECT_TRUE(IsKnownParam(key)) << key;
  }
  EXPECT_FALSE(IsKnownParam("zzz"));
}

TEST(Params, Foreign) {
  for (const char* key :
       {"monitors", "monitor_type_qmp1", "ip_nic1", "address_index_nic1", "nic_script_nic1_vm1",
        "iterations", "kill_vm_gracefully_vm1", "restart_vm"}) {
    EXPECT_NE(FindForeignParam(key), nullptr) << key;
  }
  for (const char* key : {"monitorsx", "ip_nice", "mem", ""}) {
    EXPECT_EQ(FindForeignParam(key), nullptr) << key;
  }
}

TEST(Params, Sizes) {
  EXPECT_EQ(SizeInBytes("128", 1 << 20), 128ULL << 20);
  EXPECT_EQ(SizeInBytes("2g", 1), 2ULL << 30);
  EXPECT_EQ(SizeInBytes("512B", 1024), 512ULL);
  for (const char* wrong : {"", "0", "G", "1GiB", "-1", "1x"}) {
    EXPECT_EQ(SizeInBytes(wrong, 1), std::nullopt) << wrong;
  }
}

TEST(Params, Numbers) {
  Params params({{"smp", "4"}, {"bad", "4x"}, {"low", "0"}});
  long number = 0;
  EXPECT_FALSE(GetNumber(params, "smp", 1, 8, 1, &number));
  EXPECT_EQ(number, 4);
  EXPECT_FALSE(GetNumber(params, "absent", 1, 8, 7, &number));
  EXPECT_EQ(number, 7);
  EXPECT_EQ(GetNumber(params, "bad", 1, 8, 1, &number)->text,
            "bad = 4x: expected a whole number from 1 to 8");
  EXPECT_EQ(GetNumber(params, "low", 1, 8, 1, &number)->text,
            "low = 0: expected a whole number from 1 to 8");
}

TEST(Params, OfAVmFromAnyView) {
  Params params({{"a", "all"}, {"a_vm1", "first"}, {"a_nic1_vm2", "card"}});
  Params first = params.ForVm("vm1");
  EXPECT_EQ(first.Get("a"), "first");
  EXPECT_EQ(first.ForVm("vm2").Get("a"), "all");
  EXPECT_EQ(first.ForVm("vm2").For("nic1").Get("a"), "card");
  EXPECT_EQ(first.ForVm("vm1").Get("a"), "first");
}

}  // namespace
}  // namespace kvmtest::vm
