// Patterns mean what Python makes of them; every result below is that of Python 3.11 or, for
// bytes, 2.7.
#include "language/regex.h"

#include <gtest/gtest.h>

namespace kvmtest::language {
namespace {

std::string Search(const char* pattern, bool bytes, std::string_view text) {
  std::string error;
  std::unique_ptr<Regex> regex = Regex::Compile(pattern, bytes, &error);
  if (!regex) return error;
  if (!regex->CanJudge(text)) return "cannot tell";
  return regex->Found(text) ? "yes" : "no";
}

struct Case {
  const char* pattern;
  const char* text;
  const char* result;
};

// Alike in both versions.
TEST(Regex, MeansWhatPythonMeans) {
  for (const Case& t : {
           Case{"^a.c$", "abc", "yes"},
           Case{"^a.c$", "a\nc", "no"},
           Case{"(?s)^a.c$", "a\nc", "yes"},
           Case{"(?m)^b$", "a\nb\nc", "yes"},
           Case{"^b$", "a\nb\nc", "no"},
           Case{"a\\Z", "ab", "no"},
           Case{"b\\Z", "ab", "yes"},
           Case{"\\Ab", "ab", "no"},
           // Repetitions.
           Case{"^a{,2}$", "aa", "yes"},
           Case{"^a{,2}$", "aaa", "no"},
           Case{"^a{,2}$", "a{,2}", "no"},
           Case{"^a{,}$", "aaa", "yes"},
           Case{"^a{2}$", "aaa", "no"},
           Case{"^a{2,}$", "aaa", "yes"},
           Case{"^a{}$", "a{}", "yes"},
           Case{"^a{x}$", "a{x}", "yes"},
           Case{"^a{1$", "a{1", "yes"},
           Case{"^{a}$", "{a}", "yes"},
           Case{"^a{1,2}?$", "aa", "yes"},
           Case{"^(?:ab|c)*?$", "abcab", "yes"},
           Case{"^(?:)*$", "", "yes"},
           Case{"^(?:^)*a", "a", "yes"},
           Case{"a**", "a", "'*' follows another repetition"},
           Case{"a*??", "a", "'?' follows another repetition"},
           Case{"a{2}{3}", "a", "'{3}' follows another repetition"},
           Case{"*a", "a", "nothing to repeat before '*'"},
           Case{"^*", "a", "nothing to repeat before '*'"},
           Case{"$+", "a", "nothing to repeat before '+'"},
           Case{"\\b?", "a", "nothing to repeat before '?'"},
           Case{"(*)", "a", "nothing to repeat before '*'"},
           Case{"a|{2}", "a", "nothing to repeat before '{2}'"},
           Case{"a{2,1}", "a", "bad repetition '{2,1}'"},
           Case{"a{1001}", "a", "more than 1000 repetitions are not supported"},
           // Sets.
           Case{"^[]a]$", "]", "yes"},
           Case{"^[^]a]$", "]", "no"},
           Case{"^[a-]$", "-", "yes"},
           Case{"^[-a]$", "-", "yes"},
           Case{"^[\\d-]$", "-", "yes"},
           Case{"^[a\\-c]$", "b", "no"},
           Case{"^[a-c]$", "b", "yes"},
           Case{"^[\\]-_]$", "^", "yes"},
           Case{"^[[:alpha:]]$", "a]", "yes"},
           Case{"^[\\w.]+$", "a_1.b", "yes"},
           Case{"^[^\\s]$", " ", "no"},
           Case{"^[\\b]$", "\b", "yes"},
           Case{"^[\\101]$", "A", "yes"},
           Case{"[b-a]", "a", "bad range 'b-a'"},
           Case{"[\\d-z]", "a", "bad range '\\d-z'"},
           Case{"[a-\\d]", "a", "bad range 'a-\\d'"},
           Case{"[", "a", "missing ']'"},
           Case{"[]", "a", "missing ']'"},
           Case{"[a-", "a", "missing ']'"},
           Case{"[\\8]", "8", "bad escape '\\8'"},
           // Escapes.
           Case{"^\\.\\-\\_\\/$", ".-_/", "yes"},
           Case{"^\\x41\\101\\0$", "AA", "no"},
           Case{"^\\x41\\101$", "AA", "yes"},
           Case{"^\\a\\f\\n\\r\\t\\v$", "\a\f\n\r\t\v", "yes"},
           Case{"^\\s$", "\v", "yes"},
           Case{"\\x4", "a", "incomplete escape '\\x4'"},
           Case{"a\\", "a", "'\\' at the end"},
           Case{"(k)\\1", "kk", "back references are not supported"},
           // Words.
           Case{"\\bk\\b", "a k b", "yes"},
           Case{"\\bk\\b", "aka", "no"},
           Case{"k\\B", "ka", "yes"},
           Case{"\\B", " ", "yes"},
           Case{"\\B", "", "no"},
           Case{"\\B|x*", "", "yes"},
           // Groups and flags.
           Case{"^(?P<n>a)|b$", "xb", "yes"},
           Case{"^a(?#b)c$", "ac", "yes"},
           Case{"^a(?#b)*$", "aa", "yes"},
           Case{"(?i)^aB[c-d]$", "AbD", "yes"},
           Case{"(?i)^[^a]$", "A", "no"},
           Case{"(?is)^A.$", "a\n", "yes"},
           Case{"(", "a", "missing ')'"},
           Case{")", "a", "unmatched ')'"},
           Case{"(?", "a", "the pattern ends after '(?'"},
           Case{"(?#", "a", "missing ')' after a comment"},
           Case{"(?P<n>a)(?P<n>b)", "a", "two groups are named 'n'"},
           Case{"(?P<1>a)", "a", "bad group name '1'"},
           Case{"(?P<n", "a", "missing '>' after a group's name"},
           Case{"(?Px)", "a", "unknown extension '(?Px'"},
           Case{"(?<n>a)", "a", "unknown extension '(?<n'"},
           Case{"(?x)a b", "ab", "flags 'x' are not supported"},
           Case{"k(?=a)", "ka", "look-around assertions are not supported"},
           Case{"k(?!a)", "kb", "look-around assertions are not supported"},
           Case{"(?<=k)a", "ka", "look-around assertions are not supported"},
           Case{"(?<!k)a", "ba", "look-around assertions are not supported"},
           Case{"(a)?(?(1)b|c)", "ab", "conditional groups are not supported"},
           Case{"(?P<n>a)(?P=n)", "aa", "back references are not supported"},
       })
    for (bool bytes : {false, true})
      EXPECT_EQ(Search(t.pattern, bytes, t.text), t.result)
          << t.pattern << " in " << t.text << (bytes ? ", bytes" : "");
}

TEST(Regex, OfTextsKnowsUnicode) {
  for (const Case& t : {
           Case{"^\\w\\W$", "\u00e9\u00d7", "yes"},
           Case{"^\\w$", "\u0345", "no"},
           Case{"^[^\\W]$", "\u00b2", "yes"},
           Case{"^\\d\\D$", "\u0663\u00b2", "yes"},
           Case{"^\\s\\S$", "\u3000\u200b", "yes"},
           Case{"^\\s$", "\x1f", "yes"},
           Case{"(?a)^\\w$", "\u00e9", "no"},
           Case{"(?a)^\\s$", "\x1f", "no"},
           Case{"^(?a:\\d)\\d$", "1\u0663", "yes"},
           Case{"(?u)^\\w$", "\u00e9", "yes"},
           Case{"^.$", "\u00e9", "yes"},
           Case{"^[\u00e0-\u00ff]$", "\u00e9", "yes"},
           Case{"^\\\u00e9$", "\u00e9", "yes"},
           Case{"^\\xe9\\u0061\\U0001F600$", "\u00e9a\U0001F600", "yes"},
           Case{"(?i)^k[s-t]i$", "\u212a\u017f\u0130", "yes"},
           Case{"(?i)^[^i]$", "\u0131", "no"},
           Case{"(?ia)^k$", "\u212a", "no"},
           Case{"(?i)^\\W$", "\u0345", "yes"},
           Case{"(?i)\u00e9", "\u00c9", "'(?i)' and letters beyond ASCII are not supported"},
           Case{"\\bk", "k\u00e9", "cannot tell"},
           Case{"(?a)k\\b", "k\u00e9", "yes"},
           Case{"^(?i:a)a$", "Aa", "yes"},
           Case{"^(?i:a)a$", "AA", "no"},
           Case{"(?i)^(?-i:a)a$", "aA", "yes"},
           Case{"(?i)^(?-i:a)a$", "Aa", "no"},
           Case{"(?#c)(?i)^a$", "A", "yes"},
           Case{"a(?i)", "a", "flags for the whole pattern must stand at its start"},
           Case{"a|(?i)", "a", "flags for the whole pattern must stand at its start"},
           Case{"((?i)a)", "a", "flags for the whole pattern must stand at its start"},
           Case{"(?L)a", "a", "bad flag 'L'"},
           Case{"(?au)a", "a", "flags 'a' and 'u' exclude each other"},
           Case{"(?-a:a)", "a", "bad flag 'a'"},
           Case{"(?i-i:a)", "a", "a flag is both on and off"},
           Case{"(?)", "a", "the group '(?)' has no flags"},
           Case{"a\\z", "a", "bad escape '\\z'"},
           Case{"\\pL", "a", "bad escape '\\p'"},
           Case{"\\Qa\\E", "a", "bad escape '\\Q'"},
           Case{"\\C", "a", "bad escape '\\C'"},
           Case{"[\\A]", "a", "bad escape '\\A'"},
           Case{"\\777", "a", "bad escape '\\777'"},
           Case{"\\u006", "a", "incomplete escape '\\u006'"},
           Case{"\\U00110000", "a", "bad escape '\\U00110000'"},
           Case{"\\N{DIGIT ONE}", "1", "characters by name are not supported"},
           Case{"k++", "kk", "possessive repetitions are not supported"},
           Case{"k{1}+", "kk", "possessive repetitions are not supported"},
           Case{"(?>a)", "a", "atomic groups are not supported"},
       })
    EXPECT_EQ(Search(t.pattern, false, t.text), t.result) << t.pattern << " in " << t.text;
}

TEST(Regex, OfBytesKnowsAsciiOnly) {
  for (const Case& t : {
           Case{"^\\w", "\u00e9", "no"},
           Case{"^..$", "\u00e9", "yes"},
           Case{"^\u00e9$", "\u00e9", "yes"},
           Case{"^[\u00e9]{2}$", "\u00e9", "yes"},
           Case{"(?i)^\u00e9$", "\u00c9", "no"},
           Case{"(?i)^\xe9$", "\xc9", "no"},
           Case{"(?i)^[^\xe9]$", "\xc9", "yes"},
           Case{"(?i)^k$", "K", "yes"},
           Case{"\\bk\\b", "k\u00e9", "yes"},
           Case{"^\\s$", "\x1f", "no"},
           Case{"^\\d$", "\u0663", "no"},
           Case{"a(?i)", "A", "yes"},
           Case{"a(?i)*$", "AA", "yes"},
           Case{"a|(?i)b", "A", "yes"},
           Case{"(?iL)a", "A", "yes"},
           Case{"(?)", "a", "bad flag ')'"},
           Case{"(?a)a", "a", "bad flag 'a'"},
           Case{"(?i:a)", "a", "missing ')' after flags"},
           Case{"(?-i)", "a", "bad flag '-'"},
           Case{"(?u)a", "a", "flags 'u' in bytes are not supported"},
           Case{"(?>a)", "a", "bad flag '>'"},
           Case{"^\\z\\p\\Q\\C\\u\\e$", "zpQCue", "yes"},
           Case{"^[\\A\\Z]$", "Z", "yes"},
           Case{"^\\501$", "A", "yes"},
           Case{"k++", "kk", "'+' follows another repetition"},
           Case{"\xe9|\xe9\xe9", "\xe9", "yes"},
           Case{"\xe9x|\xe9y", "\xe9y", "yes"},
       })
    EXPECT_EQ(Search(t.pattern, true, t.text), t.result) << t.pattern << " in " << t.text;
}

}  // namespace
}  // namespace kvmtest::language
