#ifndef KVMTEST_REPORT_PAGE_H_
#define KVMTEST_REPORT_PAGE_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "report/model.h"

namespace kvmtest::report {

// A page that needs nothing but a browser: style, script and pictures are in it, and its policy
// lets it load nothing and run no other script. Without scripting all can be read; the script adds
// filters (page.js). Where there are so many tests that it would grow beyond some 10 MB, pictures
// apart, those that come last, which passed, are shown with less.
std::string MakePage(const Model& model);

// A test on the page: "#t<id>".
struct Entry {
  const HostTests* host = nullptr;
  const Test* test = nullptr;
  size_t id = 0;
};
std::vector<Entry> EntriesOf(const Model& model);

// The parts of the page, from its top to its end.
std::string ShowOverview(const Model& model, const std::vector<Entry>& entries);
std::string ShowTrends(const Model& model, const std::vector<Entry>& entries);
std::string ShowTimeline(const std::vector<Entry>& entries);
std::string ShowMatrix(const std::vector<Entry>& entries);
// How much of a test is shown: of one of many that somebody should look at, kSome.
enum class Detail { kAll, kSome, kFew, kLine };
// *picture_bytes: what pictures take of the page so far.
std::string ShowTest(const Entry& entry, const Model& model, Detail detail, bool is_open,
                     size_t* picture_bytes);
std::string ShowCommonParams(const Model& model);

// Pieces that several of them use.
std::string Badge(Outcome outcome);  // the letter in its colour
// The letter as a link to the test's details.
std::string BadgeLink(const Entry& entry);
// "Passed", "Passed at attempt 2" after one that did not
std::string PastText(const PastResult& past);
// "12 passed, 1 failed"
std::string CountsText(const std::map<Outcome, size_t>& counts);

}  // namespace kvmtest::report

#endif  // KVMTEST_REPORT_PAGE_H_
