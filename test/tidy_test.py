"""Each house rule catches a violation that is planted, and lets its neighbour pass."""
import pathlib
import tempfile
import unittest

import tidy


def violations(rule, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            file = pathlib.Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            if text.startswith("#!"):
                file.chmod(0o755)
        return list(rule(tidy.House(folder)))


ROOM = "add_folder({0} SOURCES a.cpp DEPENDS {1})\n"


class Tidy(unittest.TestCase):
    def caught(self, rule, files, *words):
        found = violations(rule, files)
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def passes(self, rule, files):
        self.assertEqual(violations(rule, files), [])

    def test_unused_header(self):
        room = {"src/net/CMakeLists.txt": ROOM.format("net", "base"), "src/net/a.cpp": '#include "net/used.h"\n',
                "src/net/used.h": ""}
        self.passes(tidy.unused_headers, room)
        self.caught(tidy.unused_headers, {**room, "src/net/alone.h": ""}, "src/net/alone.h")
        self.passes(tidy.unused_headers, {"src/later/alone.h": ""})  # not built yet

    def test_banned_calls(self):
        for call in ("co_spawn(x, f, asio::detached);", "std::this_thread::sleep_for(1s);",
                     "std::chrono::system_clock::now();", "std::cout << 1;"):
            self.caught(tidy.banned_calls, {"src/net/a.cpp": "\n" + call}, "a.cpp:2")
            self.passes(tidy.banned_calls, {"src/net/a.cpp": "// " + call})
            self.passes(tidy.banned_calls, {"src/net/a.cpp": f'say("{call}");'})
        self.passes(tidy.banned_calls, {"src/base/clock.cpp": "std::chrono::system_clock::now();"})
        self.passes(tidy.banned_calls, {"src/orders/app/main.cpp": "std::cout << 1;"})

    def test_libraries_stay_in_their_room(self):
        self.caught(tidy.libraries_stay_in_their_room, {"src/net/a.cpp": "\n#include <utf8proc.h>"}, "a.cpp:2", "base")
        self.caught(tidy.libraries_stay_in_their_room, {"src/http/a.h": "#include <openssl/ssl.h>"}, "net")
        self.passes(tidy.libraries_stay_in_their_room, {"src/base/utf8.cpp": "#include <utf8proc.h>"})
        self.passes(tidy.libraries_stay_in_their_room, {"src/net/a.cpp": "#include <openssl/ssl.h>\n#include <map>"})

    def test_one_ellipsis(self):
        for text in ('return text + "...";', 'return text + "…";'):
            self.caught(tidy.one_ellipsis, {"src/deadheat/race/a.cpp": "\n" + text}, "a.cpp:2")
            self.passes(tidy.one_ellipsis, {"src/base/utf8.cpp": text})
            self.passes(tidy.one_ellipsis, {"src/deadheat/race/a.cpp": "// " + text})
        self.passes(tidy.one_ellipsis, {"src/deadheat/race/a.cpp": 'say("… and {} more", rest);'})

    def test_code_after_a_digit_separator_is_seen(self):
        self.caught(tidy.banned_calls, {"src/net/a.cpp": "f(1'000); sleep_for(2'000);"}, "sleep_for")

    def test_leftovers(self):
        self.caught(tidy.leftovers, {"src/a.cpp": "// TO" "DO: later"}, "src/a.cpp:1")
        self.caught(tidy.leftovers, {"script/x": "# FIX" "ME"}, "script/x:1")
        self.passes(tidy.leftovers, {"src/a.cpp": "// METHODO"})

    def test_houses_apart(self):
        files = {"src/deadheat/race/race.h": "", "src/orders/order/order.h": "", "src/http/message.h": ""}
        self.caught(tidy.houses_apart, {**files, "src/deadheat/race/a.cpp": '#include "order/order.h"'}, "orders")
        self.caught(tidy.houses_apart, {**files, "src/orders/order/a.cpp": '#include "race/race.h"'}, "deadheat")
        self.caught(tidy.houses_apart, {**files, "src/http/a.cpp": '#include "race/race.h"'}, "deadheat")
        self.passes(tidy.houses_apart, {**files, "src/orders/order/a.cpp": '#include "http/message.h"'})

    def test_own_room_of_a_name_that_both_houses_have(self):
        self.passes(tidy.houses_apart, {"src/deadheat/app/options.h": "", "src/orders/app/options.h": "",
                                        "src/deadheat/app/main.cpp": '#include "app/options.h"'})

    def test_declared_includes(self):
        files = {"src/a/CMakeLists.txt": ROOM.format("a", "b"), "src/b/CMakeLists.txt": ROOM.format("b", "c"),
                 "src/c/CMakeLists.txt": ROOM.format("c", "base"), "src/base/CMakeLists.txt": "add_folder(base)",
                 "src/b/b.h": "", "src/c/c.h": "", "src/base/base.h": ""}
        self.passes(tidy.declared_includes, {**files, "src/a/a.cpp": '#include "b/b.h"\n#include "base/base.h"'})
        self.caught(tidy.declared_includes, {**files, "src/a/a.cpp": '#include "c/c.h"'}, "does not declare c")
        reexported = {**files, "src/b/b.h": '#include "c/c.h"'}
        self.passes(tidy.declared_includes, {**reexported, "src/a/a.cpp": '#include "c/c.h"'})

    def test_circle(self):
        found = violations(tidy.declared_includes, {"src/a/CMakeLists.txt": ROOM.format("a", "b"),
                                                    "src/b/CMakeLists.txt": ROOM.format("b", "a")})
        self.assertEqual(len(found), 2, found)

    def test_tester_knows_no_service(self):
        for word in ("customer_name", "menu", "Pending", "cancelled"):
            self.caught(tidy.tester_knows_no_service, {"src/deadheat/race/a.cpp": f"// the {word} of it"}, word)
            self.passes(tidy.tester_knows_no_service, {"src/deadheat/race/a_test.cpp": word})
            self.passes(tidy.tester_knows_no_service, {"src/orders/order/a.cpp": word})
        self.passes(tidy.tester_knows_no_service, {"src/deadheat/race/a.cpp": "int pending_sends; // depending"})
        self.passes(tidy.tester_knows_no_service, {"src/deadheat/race/sample.cpp": "menu", "src/deadheat/race/CMakeLists.txt":
                                                   "add_folder(race SOURCES a.cpp TESTS race_test.cpp sample.cpp)"})

    def test_deciding_is_apart(self):
        self.caught(tidy.deciding_is_apart, {"src/deadheat/oracle/a.cpp": "#include <thread>"}, "<thread>")
        self.passes(tidy.deciding_is_apart, {"src/deadheat/race/a.cpp": "#include <thread>"})
        for room in ("orders/dialect", "orders/callers", "orders/settings"):
            self.caught(tidy.deciding_is_apart, {f"src/{room}/a.cpp": "#include <fstream>"}, "<fstream>")
        for call in ("std::chrono::steady_clock::now();", "SteadyClock::now();"):
            self.caught(tidy.deciding_is_apart, {"src/deadheat/oracle/a.cpp": call}, "lock::now")
            self.passes(tidy.deciding_is_apart, {"src/deadheat/race/a.cpp": call})
        self.caught(tidy.deciding_is_apart, {"src/deadheat/trial/a.cpp": "const auto now = clock_.now();"}, "clock_.now")
        self.caught(tidy.deciding_is_apart, {"src/deadheat/finding/a.h": "void f(const base::Clock& when);"}, "Clock")
        self.passes(tidy.deciding_is_apart, {"src/deadheat/report/progress.h": "void f(const base::Clock& when);"})
        self.passes(tidy.deciding_is_apart, {"src/deadheat/oracle/a.cpp": "tell(now);  // steady_clock::now, clock.now"})
        self.passes(tidy.deciding_is_apart, {"src/deadheat/oracle/a_test.cpp": "#include <fstream>"})

    def test_only_report_speaks(self):
        for text in ('say("the target was lost");', 'say("the target "\n    "was lost");', 'require(x, "{}: one of {} is lost");'):
            self.caught(tidy.only_report_speaks, {"src/deadheat/trial/a.cpp": text}, "a.cpp:1")
            self.passes(tidy.only_report_speaks, {"src/deadheat/report/a.cpp": text})
            self.passes(tidy.only_report_speaks, {"src/deadheat/trial/a_test.cpp": text})
        for text in ("// the target was \"lost here as well\"", 'say("{}: {} {} {} {}");', 'say("lost", "again", "and", "again");',
                     "f('\"'); // said: it is \"so\"", 'include("a.b.c.d.e")'):
            self.passes(tidy.only_report_speaks, {"src/deadheat/trial/a.cpp": text})

    def test_no_sleep_in_lab(self):
        self.caught(tidy.no_sleep_in_lab, {"test/lab/a.py": "time.sleep(1)"}, "a.py:1")
        self.passes(tidy.no_sleep_in_lab, {"test/e2e/a.py": "time.sleep(1)"})

    def test_patterns_do_not_wait(self):
        for line in ("while (true) {}", "for (int i = 0; i < 1000; ++i) work();", "for (;;) work();",
                     'db.all("WITH RECURSIVE n AS ...");', "#include <chrono>", "std::this_thread::yield();",
                     "freed.wait(lock);", "do { work(); } while (busy());"):
            self.caught(tidy.patterns_do_not_wait, {"test/lab/patterns/a.cpp": line}, "a.cpp:1")
            self.passes(tidy.patterns_do_not_wait, {"test/lab/controls/a.cpp": line})
        self.passes(tidy.patterns_do_not_wait,
                    {"test/lab/patterns/a.cpp": "for (const auto& line : lines) sum += line;  // while it lasts"})

    def test_scripts_have_help(self):
        self.passes(tidy.scripts_have_help, {"script/x": "#!/bin/sh\necho usage: script/x\n", "script/list.txt": ""})
        self.caught(tidy.scripts_have_help, {"script/x": "#!/bin/sh\nexit 3\n"}, "usage")
        self.caught(tidy.scripts_have_help, {"script/x": "echo"}, "executable")

    def test_packages(self):
        cmake = {"CMakeLists.txt": "find_package(Boost 1.81 REQUIRED COMPONENTS json)\n# find_package(Qt)\n"}
        both = "libboost1.81-dev\nlibboost-json1.81-dev # all of it\n"
        self.passes(tidy.packages_cover_cmake, {**cmake, "script/packages.txt": both})
        self.caught(tidy.packages_cover_cmake, {**cmake, "script/packages.txt": "libboost1.81-dev\n"}, "json")
        self.caught(tidy.packages_cover_cmake, {"CMakeLists.txt": "find_package(Qt)", "script/packages.txt": ""}, "Qt")
        module = {"CMakeLists.txt": "pkg_check_modules(JWT REQUIRED IMPORTED_TARGET libjwt)\n"}
        self.passes(tidy.packages_cover_cmake, {**module, "script/packages.txt": "libjwt-dev\n"})
        self.caught(tidy.packages_cover_cmake, {**module, "script/packages.txt": ""}, "libjwt")
        self.caught(tidy.packages_cover_cmake, {"CMakeLists.txt": "pkg_check_modules(X REQUIRED qt)", "script/packages.txt": ""}, "qt")

    def test_no_test_is_forgotten(self):
        room = {"src/a/CMakeLists.txt": "add_folder(a SOURCES a.cpp TESTS a_test.cpp)", "src/a/a_test.cpp": ""}
        self.passes(tidy.no_test_is_forgotten, room)
        self.caught(tidy.no_test_is_forgotten, {**room, "src/a/b_test.cpp": ""}, "b_test.cpp", "TESTS")
        cases = "class One(unittest.TestCase):\n    def test_a(self):\n        pass\n\n\nclass Base:\n    def help(self):\n        pass\n"
        two = {"test/e2e/x_test.py": cases + cases.replace("One", "Two")}
        self.passes(tidy.no_test_is_forgotten, {**two, "test/CMakeLists.txt": "python_test(x e2e/x_test.py)"})
        self.passes(tidy.no_test_is_forgotten, {**two, "test/CMakeLists.txt": "python_test(x e2e/x_test.py One)\n"
                                                                              "python_test(y e2e/x_test.py Two)"})
        self.caught(tidy.no_test_is_forgotten, {**two, "test/CMakeLists.txt": "python_test(x e2e/x_test.py One) # Two"}, "Two")
        self.caught(tidy.no_test_is_forgotten, {**two, "test/CMakeLists.txt": "python_test(y e2e/y_test.py)"}, "x_test.py")


if __name__ == "__main__":
    unittest.main()
