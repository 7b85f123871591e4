#!/usr/bin/env python3
"""What tools/check_structure.py finds among types, on texts that are small enough to see through."""

import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import check_structure  # noqa: E402

LINES = """\
namespace CLI { class App; }
namespace sparkify {
class Forward;
class Stream : public ByteStream {
  struct Inner {
  };
};
enum class Kind { one, two };
struct Long
    : public Base {
};
namespace {
struct Options {
};
}  // namespace
namespace part {
struct Options final {
};
}  // namespace part
}  // namespace sparkify
"""


class TypesTest(unittest.TestCase):
    def test_what_other_files_may_meet_counts_and_nothing_else(self):
        found = list(check_structure.types_of(LINES))
        wanted = ["Stream", "Kind", "Long", "part::Options"]
        self.assertEqual(found, [f"sparkify::{name}" for name in wanted])

    def test_two_files_with_a_type_of_one_name_are_an_offence(self):
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
            paths = [pathlib.Path(name) / "one.h", pathlib.Path(name) / "two.h"]
            for path in paths:
                path.write_text(LINES, encoding="utf-8")
            offences = list(check_structure.check_type_names(paths))
            self.assertEqual(len(offences), 4)
            self.assertIn("two.h: sparkify::Stream is also a type of", offences[0])
            self.assertEqual(list(check_structure.check_type_names(paths[:1])), [])


if __name__ == "__main__":
    unittest.main()
