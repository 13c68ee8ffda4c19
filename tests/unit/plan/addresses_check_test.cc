// Rules about addresses, each as `check` tells it where it was broken: ranges.cc by itself is
// tested in ranges_test.cc, queues that share ranges in build_test.cc and placement_test.cc.
#include "check_testing.h"

namespace kvmtest::plan {
namespace {

TEST_F(CheckTest, AddressesOfRanges) {
  const Row rows[] = {
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = ff:ff:ff:ff:ff:f0\n"
       "range_size_r = 100\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:5:1: error: range 'r' of 100 addresses from ff:ff:ff:ff:ff:f0 runs past the last MAC address [-Wbad-range]
    5 | base_mac_r = ff:ff:ff:ff:ff:f0
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 255.255.255.0\n"
       "range_size_r = 257\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' of 257 addresses from 255.255.255.0 runs past the last IP address [-Wbad-range]
    6 | base_ip_r = 255.255.255.0
      | ^~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "range_size_r = 0\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' has no addresses [-Wbad-range]
    6 | range_size_r = 0
      | ^~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 00:ff:ff:ff:ff:f0\n"
       "range_size_r = 100\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:5:1: error: range 'r' holds group (multicast) addresses such as 01:00:00:00:00:00, which no NIC may have [-Wbad-range]
    5 | base_mac_r = 00:ff:ff:ff:ff:f0
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 223.255.255.254\n"
       "range_size_r = 3\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' from 223.255.255.254 holds multicast (224.x to 239.x) addresses, which no NIC may have [-Wbad-range]
    6 | base_ip_r = 223.255.255.254
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 0.1.0.0\n"
       "range_size_r = 3\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' from 0.1.0.0 holds unspecified (0.x) addresses, which no NIC may have [-Wbad-range]
    6 | base_ip_r = 0.1.0.0
      | ^~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 127.0.0.1\n"
       "range_size_r = 3\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' from 127.0.0.1 holds loopback (127.x) addresses, which no NIC may have [-Wbad-range]
    6 | base_ip_r = 127.0.0.1
      | ^~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 240.0.0.1\n"
       "range_size_r = 3\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:6:1: error: range 'r' from 240.0.0.1 holds reserved (240.x to 255.x) addresses, which no NIC may have [-Wbad-range]
    6 | base_ip_r = 240.0.0.1
      | ^~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 error
)"},
      // Of the four the runner passes over two.
      {"queue = 1\n"
       "type = boot\n"
       "nics = n1 n2 n3\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 10.0.0.254\n"
       "range_size_r = 4\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:4:1: error: queue '1' of host 'localhost' has 2 addresses (its share of 'r'), but a test of it has 3 NICs [-Wrange-too-small]
    4 | mac_ranges = r
      | ^~~~~~~~~~~~~~
main.cfg:9:7: note: it is 'a'
1 test set, 1 host, 1 test: 1 error
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:12:34:56\n"
       "range_size_r = 1\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:5:1: warning: range 'r': 1 of 1 addresses is not handed out: 52:54:00:12:34:56 (qemu gives it to NICs without address) [-Waddress-left-out]
    5 | base_mac_r = 52:54:00:12:34:56
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
main.cfg:4:1: error: queue '1' of host 'localhost' has 0 addresses (its share of 'r'), but a test of it has 1 NIC [-Wrange-too-small]
    4 | mac_ranges = r
      | ^~~~~~~~~~~~~~
main.cfg:8:7: note: it is 'a'
1 test set, 1 host, 1 test: 1 error, 1 warning
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 10.20.0.250\n"
       "range_size_r = 6\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:5:1: warning: range 'r': 1 of 6 addresses is not handed out: 10.20.0.255 (a broadcast address) [-Waddress-left-out]
    5 | base_mac_r = 52:54:00:10:00:00
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 warning
)"},
      {"queue = 1\n"
       "type = boot\n"
       "nics = nic1\n"
       "mac_ranges = r\n"
       "base_mac_r = 52:54:00:10:00:00\n"
       "base_ip_r = 10.20.0.0\n"
       "range_size_r = 8\n"
       "variants:\n"
       "    - a:\n",
       R"(main.cfg:5:1: warning: range 'r': 1 of 8 addresses is not handed out: 10.20.0.0 (a network) [-Waddress-left-out]
    5 | base_mac_r = 52:54:00:10:00:00
      | ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
1 test set, 1 host, 1 test: 1 warning
)"},
  };
  for (const Row& row : rows) EXPECT_EQ(Check(row.text), row.messages) << row.text;
}

TEST_F(CheckTest, ValuesOf2009MayHoldAnyBytesButNotInAPlan) {
  EXPECT_EQ(Check("# dialect: 2009\nvariants:\n    - a:\n        type = boot\n        x = a\xff"
                  "b\n"),
            "main.cfg:5:9: error: the value of 'x' is not UTF-8 [-Wnot-utf8]\n"
            "    5 |         x = a\xff"
            "b\n"
            "      |         ^~~~~~~\n"
            "1 test set, 1 host, 1 test: 1 error\n");
}

}  // namespace
}  // namespace kvmtest::plan
