#!/usr/bin/env python3
"""The checker of submissions, on good and bad files: python3 checker_test.py"""

import os
import subprocess
import sys
import tempfile
import unittest

import check_submission
import samples


class Checker(unittest.TestCase):
    def test_good_files(self):
        for kind, text in samples.GOOD.items():
            with self.subTest(kind):
                submission = check_submission.Submission(text.encode())
                self.assertEqual((submission.kind, submission.problems), (kind, []))

    def test_bad_files(self):
        for problem, rows in (("schema", samples.SCHEMA), ("limit", samples.LIMITS)):
            for row in rows:
                with self.subTest(f"{row[0]}: {row[3]}"):
                    found = check_submission.check(samples.edited(row).encode())
                    self.assertTrue(any(line.startswith(problem) and row[3] in line for line in found),
                                    found)
                    if problem == "limit":
                        self.assertEqual([line for line in found if line.startswith("schema")], [])

    def test_bytes_that_are_not_utf8(self):
        found = check_submission.check(samples.GOOD["Test"].encode("latin-1"))
        self.assertTrue(found[0].startswith("limit: the file: it is not UTF-8: byte "), found)

    def test_what_is_at_the_limit(self):
        text = samples.GOOD["Test"]
        for old, new in (('name="boot_seconds"', f'name="{"b" * 70}"'),
                         ("guest-panic: vm1: it &lt;died&gt;", "é" * 240),
                         ("<Name>g.boot</Name>", f"<Name>{'n' * 255}</Name>"),
                         ("<Label>nightly</Label>", f"<Label>{'é' * 255}</Label>")):
            self.assertIn(old, text)
            self.assertEqual(check_submission.check(text.replace(old, new).encode()), [])

    def test_other_files(self):
        for text in ("<html/>", "<Site/>", "", "<Site><Coverage/></Site>"):
            self.assertEqual([line[:6] for line in check_submission.check(text.encode())], ["schema"])

    def test_files_of_two_builds(self):
        with tempfile.TemporaryDirectory() as directory:
            paths = []
            for kind, old in (("Test", "nothing"), ("Notes", "nothing"), ("Build", "-pc-")):
                paths.append(os.path.join(directory, kind + ".xml"))
                with open(paths[-1], "w", encoding="utf-8") as file:
                    file.write(samples.GOOD[kind].replace(old, "-q35-"))
            program = [sys.executable, check_submission.__file__]
            one = subprocess.run(program + paths[:2], capture_output=True, text=True, check=False)
            self.assertEqual((one.returncode, one.stdout), (0, ""))
            two = subprocess.run(program + paths, capture_output=True, text=True, check=False)
            self.assertEqual(two.returncode, 1)
            self.assertIn("limit: the files: they are of several builds", two.stdout)

    def test_whole_pictures(self):
        for kind, data in (("jpeg", samples.JPEG), ("jpg", samples.JPEG), ("gif", samples.GIF)):
            text = samples.GOOD["Test"].replace("image/png", f"image/{kind}").replace(samples.PICTURE,
                                                                                       samples.b64(data))
            self.assertEqual(check_submission.check(text.encode()), [])

    def together(self, *texts):
        return check_submission.check_together([check_submission.Submission(text.encode()) for text in texts])

    def test_order_of_files(self):
        good = samples.GOOD
        self.assertEqual(self.together(*good.values()), [])
        for kind in ("Test", "Upload", "Notes"):
            self.assertIn(f"{kind} comes after Done", "".join(self.together(good["Done"], good[kind])))

    def test_tests_of_two_files(self):
        test = samples.GOOD["Test"]
        self.assertEqual([line for line in self.together(test, test) if "two files have it" not in line], [])
        self.assertEqual(len(self.together(test, test)), 2)
        other = test.replace("g.boot", "g.other")
        self.assertEqual(self.together(test, other), ["limit: test 'g.tiny': two files have it, and CDash counts both"])


if __name__ == "__main__":
    unittest.main()
