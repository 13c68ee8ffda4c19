// Dicts of the 2009 dialect while its program runs: light records, handed on in portions, and held
// in memory only as far as there is room.
#ifndef KVMTEST_LANGUAGE_HELD_2009_H_
#define KVMTEST_LANGUAGE_HELD_2009_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "language/name_class_sets_2009.h"
#include "language/name_classes_2009.h"
#include "language/names_2009.h"
#include "language/program_2009.h"

namespace kvmtest::language {

// A dict: its names, which filters look at, and its way so far, from which all else is made only
// when the dict is complete.
struct Record2009 : Names2009 {
  struct Step {
    const Statement2009* statement;  // operators, or the block of a variant
    const Variant2009* variant = nullptr;
  };
  std::vector<Step> steps;
  NameClasses2009::Class names = NameClasses2009::kNoLabels;
  std::vector<const Statement2009*> removed;  // by filters, see Runner2009::KeepRemoved

  // Of memory, about.
  size_t Bytes() const;
};

using Records2009 = std::vector<Record2009>;
// The list is the sink's to change.
using RecordsSink2009 = std::function<bool(Records2009&)>;

// All lists that are held at a time share the room.
struct Room2009 {
  size_t bytes;
  size_t used = 0;
};

// Does one more belong to the next portion?
bool IsPortion(const Records2009& records);

class Held2009 {
 public:
  explicit Held2009(Room2009* room) : room_(room) {}
  Held2009(const Held2009&) = delete;
  Held2009& operator=(const Held2009&) = delete;
  ~Held2009() { Drop(); }

  // Takes them out of the list.
  void Add(Records2009& records);
  // Is it within the room, half of which is left to others?
  bool Fits() const;
  // Is it within many times the room?
  bool FitsMemory() const;
  void Drop();
  size_t size() const { return size_; }
  // Of those whose names are of use.
  bool ForEachPortion(const NameClassSets2009::Set& use, const RecordsSink2009& sink) const;

 private:
  Room2009* room_;
  size_t size_ = 0;
  size_t bytes_ = 0;
  std::vector<Records2009> portions_;
};

// Dicts that can be had again and again: those that are held, else made anew each time.
struct Source2009 {
  using Use = NameClassSets2009::Set;

  const Held2009* held = nullptr;
  // Need not make those whose names are of no use.
  std::function<bool(const RecordsSink2009&, const Use&)> make = {};

  bool Run(const Use& use, const RecordsSink2009& sink) const {
    return held != nullptr ? held->ForEachPortion(use, sink) : make(sink, use);
  }
};

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_HELD_2009_H_
