#include "protocols/sip/name_addr.hpp"

#include "protocols/sip/limits.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace tandem::sip;
using tandem::test::with_header;

TEST_CASE("name-addr: forms (RFC 3261 §20.10, §25.1)", "[sip][name_addr]") {
  struct row {
    std::string_view text, display, uri, parameters, tag;
  };
  const std::vector<row> table = {
      {"sip:a@h", "", "sip:a@h", "", ""},
      {"sip:a@h;tag=1", "", "sip:a@h", ";tag=1", "1"}, // the header's, not the URI's
      {"<sip:a@h;lr>;tag=1;x", "", "sip:a@h;lr", ";tag=1;x", "1"},
      {"<sip:a@h>", "", "sip:a@h", "", ""},
      {"Alice <sip:a@h>", "Alice", "sip:a@h", "", ""},
      {"Alice<sip:a@h>", "Alice", "sip:a@h", "", ""},
      {"A. G. Bell  <sip:a@h>;TAG=x", "A. G. Bell", "sip:a@h", ";TAG=x", "x"},
      {"\"Bell, A\"<sip:a@h>", "Bell, A", "sip:a@h", "", ""},
      {"\"q \\\" <sip:no> \\\\\" <sip:a@h> ; tag = z", "q \\\" <sip:no> \\\\", "sip:a@h",
       "; tag = z", "z"},
      {"\"\" <sip:a@h>", "", "sip:a@h", "", ""},
      {"<sip:a;b?c,d@h?x=y>", "", "sip:a;b?c,d@h?x=y", "", ""},
      {"<tel:+1234>;tag=q", "", "tel:+1234", ";tag=q", "q"},
      {"isbn:2983792873", "", "isbn:2983792873", "", ""},
      // forgiven: RFC 4475 §3.1.2.14, §3.1.2.15
      {"< sip:a@h >;tag=1", "", "sip:a@h", ";tag=1", "1"},
      {"Bell, Alexander <sip:a@h>;tag=43", "Bell, Alexander", "sip:a@h", ";tag=43", "43"},
      {"J\xc3\xbcrg (home) <sip:j@h>", "J\xc3\xbcrg (home)", "sip:j@h", "", ""},
      {"<sip:a@h>;tag=a/b+c==", "", "sip:a@h", ";tag=a/b+c==", "a/b+c=="},
  };
  for (const auto& r : table) {
    INFO(r.text);
    const auto a = parse_name_addr(r.text);
    REQUIRE(a);
    CHECK(a->text == r.text);
    CHECK(a->display_name == r.display);
    CHECK(a->uri.text == r.uri);
    CHECK(a->parameters.text == r.parameters);
    CHECK(a->tag == r.tag);
  }
  CHECK(unescape_quoted(R"(q \" \\)") == R"(q " \)");
}

TEST_CASE("name-addr: malformed (RFC 3261 §25.1)", "[sip][name_addr]") {
  const std::vector<std::string_view> table = {
      "",
      " ",
      "Alice",
      "<sip:a@h",
      "sip:a@h>",
      "<>",
      "<sip:>",
      "<a@h>",
      "\"Alice <sip:a@h>",
      "\"Alice\" sip:a@h",
      "\"Alice\"",
      "\"A\" B <sip:a@h>",
      "Al\"i\"ce <sip:a@h>",
      "sip:a@h?x=y", // must be in <>, RFC 4475 §3.1.2.11
      "sip:a@h x",
      "sip:a@h, <sip:b@h>",
      "<sip:a@h>, <sip:b@h>",
      "<sip:a@h>;",
      "<sip:a@h>;;tag=1",
      "<sip:a@h>;tag=",
      "<sip:a@h>;tag=1;tag=2",
      "<sip:a@h>;tag=\"1\"",
      "<sip:a@h> x",
      "<sip:a@h>;tag=1 x",
      "\"\x01\" <sip:a@h>",
      "A\x7f <sip:a@h>",
      "\"\\\xc3\" <sip:a@h>",
  };
  for (const auto text : table) {
    INFO(text);
    CHECK_FALSE(parse_name_addr(text));
  }
}

TEST_CASE("From and To stand once (RFC 3261 §20.20, §20.39)", "[sip][name_addr]") {
  CHECK(read_from(*with_header("f: <sip:a@h>;tag=1"))->tag == "1");
  CHECK(read_to(*with_header("t: <sip:a@h>"))->tag.empty());
  CHECK(read_to(*with_header("f: <sip:a@h>")).error().code == header_errc::missing);
  CHECK(read_to(*with_header("To: <sip:a@h>\r\nt: <sip:a@h>")).error().code
        == header_errc::repeated);
  CHECK(read_from(*with_header("From:")).error().reason() == "Bad From");
  CHECK(read_name_addr(*with_header("r: <sip:c@h?Replaces=x>"), header_id::refer_to)->uri.headers
        == "Replaces=x");
}

TEST_CASE("Contact: list, star, q and expires (RFC 3261 §20.10)", "[sip][contact]") {
  const auto m = with_header("Contact: \"Mr. Watson\" <sip:watson@h1>;q=0.7; expires=3600,"
                             " \"W\" <mailto:watson@h2> ;q=0.1\r\n"
                             "m: sip:x@h;q=1.000;expires=5000000000, sip:y@h");
  const auto c = read_contacts(*m);
  REQUIRE(c);
  CHECK_FALSE(c->wildcard);
  REQUIRE(c->list.size() == 4);
  CHECK(c->list[0].address.text == "\"Mr. Watson\" <sip:watson@h1>;q=0.7; expires=3600");
  CHECK(c->list[0].q == 700);
  CHECK(c->list[0].expires == 3600);
  CHECK(c->list[1].address.uri.scheme_name == "mailto");
  CHECK(c->list[1].q == 100);
  CHECK(c->list[1].expires == std::nullopt);
  CHECK(c->list[2].q == 1000);
  CHECK(c->list[2].expires == 0xffff'ffffU); // RFC 4475 §3.1.2.4
  CHECK(c->list[3].address.uri.user == "y");

  CHECK(read_contacts(*with_header("m: *"))->wildcard);
  CHECK(read_contacts(*with_header("m: <sip:a@h>;expires=soon"))->list[0].expires == 3600);
  CHECK(read_contacts(*with_header("X: y")).error().code == header_errc::missing);
  for (const auto* bad :
       {"m:", "m: *, <sip:a@h>", "m: *\r\nm: <sip:a@h>", "m: <sip:a@h>\r\nm: *", "m: <sip:a@h>,",
        "m: ,<sip:a@h>", "m: <sip:a@h>;q=2", "m: <sip:a@h>;q=1.1", "m: <sip:a@h>;q=0.1234",
        "m: <sip:a@h>;q=.5", "m: <sip:a@h>;q=", "m: <sip:a@h>;q", "m: Bell, A <sip:a@h>",
        "m: <sip:a@h>;;;;"}) {
    INFO(bad);
    CHECK(read_contacts(*with_header(bad)).error().code == header_errc::malformed);
  }
}

TEST_CASE("Route and Record-Route: lists in order (RFC 3261 §20.30, §20.34)", "[sip][route]") {
  const auto m = with_header("Route: <sip:p1.example;lr>, <sip:p2.example;lr>;x=y\r\n"
                             "Route: \"p3\" <sips:p3.example>\r\nRecord-Route: <sip:r@[::1];lr>");
  const auto routes = read_routes(*m);
  REQUIRE(routes);
  REQUIRE(routes->size() == 3);
  CHECK((*routes)[0].uri.parameters.has("lr"));
  CHECK((*routes)[1].text == "<sip:p2.example;lr>;x=y");
  CHECK((*routes)[2].uri.scheme == uri_scheme::sips);
  CHECK(read_record_routes(*m)->at(0).uri.host == "[::1]");
  CHECK(read_routes(*with_header("X: y"))->empty());
  CHECK(read_routes(*with_header("Route:")).error().code == header_errc::malformed);
  CHECK(read_routes(*with_header("Route: <sip:a>,,<sip:b>")).error().code
        == header_errc::malformed);
}

TEST_CASE("Contact and Route limits: elements, at n and n + 1", "[sip][contact][limits]") {
  const auto with = [](std::string_view name, std::size_t n) {
    auto line = std::string{name} + ": <sip:h>";
    for (std::size_t i = 1; i < n; ++i)
      line.append(",<sip:h>");
    return with_header(line);
  };
  CHECK(read_contacts(*with("m", max_contacts))->list.size() == max_contacts);
  CHECK(read_contacts(*with("m", max_contacts + 1)).error().code == header_errc::too_many);
  CHECK(read_routes(*with("Route", max_routes))->size() == max_routes);
  CHECK(read_routes(*with("Route", max_routes + 1)).error().reason() == "Too Many Route");
}
