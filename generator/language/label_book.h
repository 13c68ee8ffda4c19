// What variants are called, and what else may have been meant.
#ifndef KVMTEST_LANGUAGE_LABEL_BOOK_H_
#define KVMTEST_LANGUAGE_LABEL_BOOK_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "language/config.h"
#include "language/explain.h"

namespace kvmtest::language {

class LabelBook {
 public:
  explicit LabelBook(const Config& config);

  // With its variable or without.
  bool Has(const std::string& label) const { return variants_.contains(label); }
  // What may have been meant by a label that does not exist.
  std::optional<std::string> Near(const std::string& label) const;
  // That it does not exist, and what may have been meant.
  ExplainRemark Unknown(const std::string& label) const;
  // Why no name has both labels, which exist: where the ways to them part. Nothing if they go
  // together, or if there are too many to tell.
  std::optional<ExplainRemark> Exclusive(const std::string& a, const std::string& b) const;

 private:
  void Add(const std::string& label, VariantId variant);
  // The variant and those that it stands in, from the inside.
  std::vector<VariantId> Ancestors(VariantId variant) const;
  // The variants of one block that the two are or stand in.
  std::optional<std::pair<VariantId, VariantId>> Parting(VariantId a, VariantId b) const;
  Note PartingNote(const std::string& label, VariantId inner, VariantId outer) const;

  const Config& config_;
  std::map<std::string, std::vector<VariantId>> variants_;  // by label
};

// The labels of a dotted name; a dot within (variable=name) separates none.
std::vector<std::string> SplitName(std::string_view name);

}  // namespace kvmtest::language

#endif  // KVMTEST_LANGUAGE_LABEL_BOOK_H_
