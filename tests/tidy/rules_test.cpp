// Each rule is shown failing and passing: a rule that cannot fail would guard nothing.
#include "tests/tidy/rules.hpp"

#include <catch2/catch.hpp>

using namespace tandem::test;

namespace {

std::string joined(const complaints& all) {
  std::string text;
  for (const auto& one : all)
    text += one + "\n";
  return text;
}

std::string repeat(std::string_view line, int times) {
  std::string text;
  for (int i = 0; i < times; ++i)
    text += line;
  return text;
}

} // namespace

TEST_CASE("tidy: code_only blanks comments and literals and keeps every line", "[tidy]") {
  CHECK(code_only("a; // new\nb;") == "a;       \nb;");
  CHECK(code_only("f(\"new \\\" {\", '{');") == "f(\"        \", ' ');");
  CHECK(code_only("/* {\n{ */ x") == "    \n     x");
  CHECK(code_only("R\"(\"{)\" y") == "R\"    \" y");
  CHECK(code_only("1'000'000 {") == "1'000'000 {");
}

TEST_CASE("tidy: every rule of a source file, broken and kept", "[tidy]") {
  struct row {
    std::string path, text, complaint; // an empty complaint: nothing is wrong
  };
  const std::string pragma = "#pragma once\n";
  const std::vector<row> table = {
      {"protocols/sip/a.cpp", "#include \"actors/call/call.hpp\"\n", "layer"},
      {"protocols/sip/a.cpp", "#include \"protocols/sdp/session.hpp\"\n", "layer"},
      {"protocols/sip/a.cpp", "#include \"protocols/sip/uri.hpp\"\n", ""},
      {"protocols/sip/a.cpp", "#include \"tests/support/x.hpp\"\n", "layer"},
      {"protocols/sip/a.cpp", "#include \"uri.hpp\"\n", "root"},
      {"media/a.cpp", "#include \"protocols/rtp/packet.hpp\"\n", ""},
      {"media/a.cpp", "#include \"protocols/sdp/session.hpp\"\n", "layer"},
      {"runtime/base/a.cpp", "#include \"runtime/io/clock.hpp\"\n", "layer"},
      {"runtime/actor/a.cpp", "#include \"runtime/io/clock.hpp\"\n", ""},
      {"runtime/actor/a.cpp", "#include \"protocols/sip/uri.hpp\"\n", "layer"},
      {"config/a.cpp", "#include \"runtime/io/clock.hpp\"\n", "layer"},
      {"actors/call/a.cpp", "#include \"apps/bridge/bridge.hpp\"\n", "layer"},
      {"apps/x/main.cpp", "#include \"actors/call/call.hpp\"\nint main() {}\n", ""},
      {"tests/x_test.cpp", "#include \"actors/call/call.hpp\"\nint main() {}\n", ""},
      {"actors/x.cpp", "int main() {}\n", "main.cpp"},
      {"apps/x/second.cpp", "int main() {}\n", "main.cpp"},
      {"media/a.cpp", "#include <caf/all.hpp>\n", "<caf/"},
      {"actors/a.cpp", "#include <caf/all.hpp>\n", ""},
      {"protocols/a.cpp", "#include <thread>\n", "sans-IO"},
      {"media/a.cpp", "auto t = std::chrono::steady_clock::now();\n", "now"},
      {"media/a.cpp", "// steady_clock::now() is not for us\n", ""},
      {"runtime/io/a.cpp", "auto t = std::chrono::steady_clock::now();\n", ""},
      {"tests/a_test.cpp", "std::this_thread::sleep_for(1s);\n", "sleep_for"},
      {"actors/a.cpp", "auto* p = new int;\n", "new"},
      {"actors/a.cpp", "auto s = \"a new day\"; // new\n", ""},
      {"actors/a.cpp", "::new (place) T;\n", ""},
      {"actors/a.cpp", "std::regex r;\n", "RE2"},
      {"actors/a.cpp",
       "// TO"
       "DO later\n",
       "issue"},
      {"actors/a.hpp", pragma + "using namespace std;\n", "using namespace"},
      {"actors/a.hpp", "int x;\n", "#pragma once"},
      {"actors/a.cpp", "namespace tandem::calls {\n}\n", "STYLE"},
      {"actors/limits.hpp", pragma + "namespace tandem::actors::limits {\n}\n", ""},
      {"actors/limits.hpp", pragma + "namespace tandem::x::limits {\n}\n", "STYLE"},
      {"actors/a.cpp", "namespace tandem::actors::limits {\n}\n", "STYLE"},
      {"actors/a.cpp", "namespace tandem::actors {\nnamespace {\n}\n}\n", ""},
      {"actors/a.cpp", repeat("x", 101) + "\n", "100 columns"},
      {"actors/a.cpp", "// " + repeat("§", 97) + "\n", ""},
      {"actors/a.cpp", repeat("int x;\n", 601), "600 lines"},
      {"actors/a.cpp", repeat("int x;\n", 600), ""},
      {"actors/a.cpp", "void f() {\n" + repeat("  x();\n", 70) + "}\n", "70 lines"},
      {"actors/a.cpp", "void f() {\n" + repeat("  x();\n", 69) + "}\n", ""},
      {"actors/a.cpp", "auto g = [&](int a) {\n" + repeat("  x();\n", 70) + "};\n", "70 lines"},
      {"actors/a.cpp", "void c::f(int a,\n  int b) const {\n" + repeat("x();\n", 70) + "}\n",
       "70 lines"},
      {"actors/a.cpp", "struct s {\n" + repeat("  int f();\n", 80) + "};\n", ""},
      {"actors/a.cpp", "#define X(y) f(y)\nnamespace tandem {\n" + repeat("int x;\n", 80) + "}\n",
       ""},
      {"actors/a.cpp", "#define X\nvoid f() {\n" + repeat("x();\n", 70) + "}\n", "70 lines"},
      {"actors/a.cpp", "const table t = {\n" + repeat("  {f(1)},\n", 80) + "};\n", ""},
      {"tests/a_test.cpp", "TEST_CASE(\"x; y\", \"[t]\") {\n}\n", "semicolon"},
      {"tests/a_test.cpp", "TEST_CASE(\"x, y\") { f(); }\n", ""},
      {"tests/a_test.cpp", "TEST_CASE(\"x\") {\n" + repeat("  x();\n", 80) + "}\n", ""},
  };
  for (const auto& row : table) {
    const auto found = joined(check_source({row.path, row.text}));
    INFO(row.path << ": " << row.text.substr(0, 80) << "\nfound: " << found);
    CHECK(found.empty() == row.complaint.empty());
    CHECK(found.find(row.complaint) != found.npos);
  }
}

TEST_CASE("tidy: texts carry no tab, no carriage return, no path of one machine", "[tidy]") {
  CHECK(check_text({"a.md", "fine\n"}).empty());
  CHECK(check_text({"a.md", "a\tb\n"}).size() == 1);
  CHECK(check_text({"a.md", "a\r\n"}).size() == 1);
  CHECK(check_text({"a.md", std::string("see /wo") + "rk/x\n"}).size() == 1);
}

TEST_CASE("tidy: a header that includes a wrapped library stays in its folder", "[tidy]") {
  const source_file inner{"runtime/io/socket.hpp", "#include <boost/asio.hpp>\n"};
  const source_file outer{"runtime/io/all.hpp", "#include \"runtime/io/socket.hpp\"\n"};
  const source_file near{"runtime/io/a.cpp", "#include \"runtime/io/all.hpp\"\n"};
  const source_file far{"actors/a.cpp", "#include \"runtime/io/all.hpp\"\n"};
  const source_file test{"tests/a_test.cpp", "#include \"runtime/io/all.hpp\"\n"};
  CHECK(check_wrapped_libraries({outer, inner, near, test}).empty());
  CHECK(check_wrapped_libraries({outer, inner, far}).size() == 1);
  CHECK(check_wrapped_libraries({far}).empty());
}

TEST_CASE("tidy: folders have README.md and CMakeLists.txt, tests mirror sources", "[tidy]") {
  const source_file readme{"media/README.md", "# Media\n"}, cmake{"media/CMakeLists.txt", ""};
  const source_file code{"media/a.cpp", ""}, test{"tests/media/a_test.cpp", ""};
  const source_file test_cmake{"tests/media/CMakeLists.txt", ""};
  const source_file long_readme{"media/README.md", repeat("line\n", 61)};
  CHECK(check_folders({readme, cmake, code, test, test_cmake}).empty());
  CHECK(check_folders({cmake, code}).size() == 1);
  CHECK(check_folders({readme, code}).size() == 1);
  const source_file deep{"media/x/a.cpp", ""}, deep_readme{"media/x/README.md", ""};
  const source_file recursive{"media/CMakeLists.txt", "file(GLOB_RECURSE sources *.cpp)\n"};
  CHECK(check_folders({readme, cmake, deep, deep_readme}).size() == 1);
  CHECK(check_folders({readme, recursive, deep, deep_readme}).empty());
  CHECK(check_folders({readme, cmake, code, test}).size() == 1);
  CHECK(check_folders({test, test_cmake}).size() == 1);
  CHECK(check_folders({long_readme, cmake, code}).size() == 1);
}

TEST_CASE("tidy: the code that a text shows is code that is compiled", "[tidy]") {
  const source_file code{"apps/a.cpp", "int a;\nint b;\n"};
  CHECK(check_shown_code({code, {"docs/A.md", "see\n```cpp\nint b;\n```\nand ```\nc\n```\n"}})
            .empty());
  CHECK(check_shown_code({code, {"docs/A.md", "```cpp\nint c;\n```\n"}}).size() == 1);
  CHECK(check_shown_code({{"docs/A.md", "```cpp\nint a;\n```\n```cpp\nint b;\n```\n"}}).size()
        == 2);
}
