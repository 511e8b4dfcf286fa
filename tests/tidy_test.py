#!/usr/bin/env python3
"""Plants one violation at a time in a tree of its own, and expects tidy.py to name it."""
import pathlib
import tempfile
import unittest

import tidy

CLEAN = "#pragma once\n\nnamespace ringtick {}\n"


def found(name, text):
    """What tidy.py says of a tree that holds this one file, as `line: text`."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        return [f"{number}: {problem}" for path in tidy.files(root)
                for number, problem in tidy.problems(root, path)]


def function(lines_count, opening="void f() {", indent=""):
    body = [f"{indent}    work();"] * (lines_count - 2)
    return "\n".join([indent + opening, *body, indent + "}"]) + "\n"


class Tidy(unittest.TestCase):
    def test_finds_nothing_in_a_clean_tree(self):
        self.assertEqual(found("src/ws/frame.hpp", CLEAN), [])

    def test_refuses_a_layer_that_includes_its_sibling(self):
        self.assertEqual(found("src/ws/frame.hpp", '#pragma once\n#include "uring/token.hpp"\n'),
                         ["2: ws/ may not include uring/"])

    def test_refuses_a_layer_that_includes_one_above(self):
        self.assertEqual(found("src/net/a.cpp", '#include "tick/game.hpp"\n'),
                         ["1: net/ may not include tick/"])

    def test_allows_what_the_picture_shows(self):
        for name, included in [("src/net/a.cpp", '"uring/ring.hpp"'),
                               ("src/server/a.cpp", '"tick/game.hpp"'),
                               ("src/uring/a.cpp", "<liburing.h>"),
                               ("tests/net/a.cpp", '"uring/ring.hpp"')]:
            self.assertEqual(found(name, f"#include {included}\n"), [], name)

    def test_refuses_a_foreign_header_in_a_layer_that_must_not_know_it(self):
        for name, included in [("src/net/a.cpp", "liburing.h"), ("src/ws/a.cpp", "sys/socket.h"),
                               ("src/tick/a.cpp", "llhttp.h"), ("src/base/a.cpp", "spdlog/x.h")]:
            self.assertRegex(found(name, f"#include <{included}>\n")[0], "may not include", name)

    def test_keeps_what_the_adapter_needs_in_the_adapter(self):
        self.assertEqual(found("src/agones/a.cpp", "#include <curl/curl.h>\n"), [])
        for name, included in [("src/server/a.cpp", "<curl/curl.h>"),
                               ("src/net/a.cpp", "<nlohmann/json.hpp>"),
                               ("src/server/a.cpp", '"agones/answers.hpp"'),
                               ("src/agones/a.cpp", '"net/listener.hpp"')]:
            self.assertRegex(found(name, f"#include {included}\n")[0], "may not include", name)

    def test_refuses_a_folder_that_is_no_layer(self):
        self.assertEqual(found("src/util/a.cpp", "#include <span>\n"),
                         ["1: util/ is no layer: tests/tidy.py has the list"])

    def test_lets_a_game_include_public_headers_only(self):
        for included in ("tick/game.hpp", "server/serve.hpp", "replica/a.hpp", "base/rng.hpp",
                         "railroids/world.hpp"):
            self.assertEqual(found("game-demo/a.cpp", f'#include "{included}"\n'), [], included)
        for included in ("tick/inbox.hpp", "server/loop.hpp", "net/listener.hpp", "ws/frame.hpp"):
            self.assertEqual(found("game-demo/a.cpp", f'#include "{included}"\n'),
                             [f"1: a game may not include {included}: it is not public"])

    def test_keeps_a_word_in_its_one_place(self):
        self.assertEqual(found("src/uring/ring.cpp", "io_uring_get_sqe(&ring_);\n"), [])
        self.assertEqual(found("src/uring/other.cpp", "io_uring_get_sqe(&ring_);\n"),
                         ["1: io_uring_get_sqe belongs in src/uring/ring.cpp"])
        self.assertEqual(found("src/net/a.cpp", "x = IORING_OP_SEND;\n"),
                         ["1: IORING_OP_SEND belongs in src/uring/"])
        self.assertEqual(found("src/tick/a.cpp", "clock_gettime(CLOCK_MONOTONIC, &now);\n"),
                         ["1: clock_gettime belongs in src/server/ or src/uring/native.cpp"])

    def test_lets_a_comment_name_what_the_code_may_not(self):
        self.assertEqual(found("src/net/a.cpp", "// Ends in io_uring_enter(2).\n"), [])

    def test_names_the_replacement_of_a_banned_word(self):
        for word in ("std::function<void()> f;", "std::shared_ptr<int> p;", "#include <iostream>",
                     "sleep_for(1ms);", "std::rand();"):
            self.assertRegex(found("tests/a.cpp", word + "\n")[0], "is banned: use .", word)

    def test_refuses_a_debt_even_in_a_comment(self):
        self.assertRegex(found("tests/a.cpp", "// TO" + "DO: later\n")[0], "debt")

    def test_measures_columns_at_the_limit(self):
        self.assertEqual(found("src/ws/a.cpp", "x" * 100 + "\n"), [])
        self.assertEqual(found("src/ws/a.cpp", "x" * 101 + "\n"),
                         ["1: the line has 101 columns, over 100"])

    def test_measures_files_at_the_limit(self):
        self.assertEqual(found("src/ws/a.cpp", "x;\n" * 500), [])
        self.assertEqual(found("src/ws/a.cpp", "x;\n" * 501),
                         ["1: the file has 501 lines, over 500"])

    def test_measures_functions_at_the_limit(self):
        self.assertEqual(found("src/ws/a.cpp", function(70)), [])
        for opening in ("void f() {", "A::A(int b)\n    : b_(b) {", "TEST(A, B) {",
                        "void f(int a,\n       int b) {", "[[nodiscard]] int f() const {"):
            lines_count = 71 + opening.count("\n")
            self.assertEqual(found("src/ws/a.cpp", function(71, opening)),
                             [f"1: the function has {lines_count} lines, over 70"], opening)

    def test_measures_functions_inside_a_class(self):
        text = "class A {\npublic:\n" + function(71, indent="    ") + "};\n"
        self.assertEqual(found("src/ws/a.cpp", text), ["3: the function has 71 lines, over 70"])

    def test_does_not_take_a_class_or_a_namespace_for_a_function(self):
        for opening in ("namespace ringtick {", "class alignas(64) A {", "enum class E {"):
            self.assertEqual(found("src/ws/a.cpp", function(99, opening)), [], opening)

    def test_wants_pragma_once_first(self):
        self.assertEqual(found("src/ws/a.hpp", "// A.\n#pragma once\n"),
                         ["1: #pragma once must come first"])

    def test_leaves_alone_what_is_not_ours(self):
        self.assertEqual(found("game-demo/web/node_modules/a.ts", "x" * 200 + "\n"), [])


if __name__ == "__main__":
    unittest.main()
