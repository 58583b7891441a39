#include "protocols/sip/route_uri.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace tandem::sip;

TEST_CASE("route URI: the URI and the name part of an address, RFC 3261 §20.10", "[sip][dialog]") {
  struct row {
    std::string_view in, uri, name_part;
  };
  const std::vector<row> table = {
      {"<sip:p1.example.com;lr>", "sip:p1.example.com;lr", "<sip:p1.example.com;lr>"},
      {"<sip:p1;lr>;x=1", "sip:p1;lr", "<sip:p1;lr>"},
      {" \t<sip:p1;lr> ;x", "sip:p1;lr", "<sip:p1;lr>"},
      {"< sip:p1;lr\t>;x", "sip:p1;lr", "< sip:p1;lr\t>"}, // RFC 4475 §3.1.2.14
      {"Bob <sips:bob@b.example>;tag=a6c85cf", "sips:bob@b.example", "Bob <sips:bob@b.example>"},
      {R"("A <sip:x@y>; \" B" <sip:a@b>;tag=1)", "sip:a@b", R"("A <sip:x@y>; \" B" <sip:a@b>)"},
      {R"("A"<sip:a@b>;tag=1)", "sip:a@b", R"("A"<sip:a@b>)"},
      {"sip:alice@a.example;tag=88", "sip:alice@a.example", "sip:alice@a.example"},
      {"sip:alice@a.example", "sip:alice@a.example", "sip:alice@a.example"},
      {R"(sip:a@b;x="<sip:y@z>";tag=1)", "sip:a@b", "sip:a@b"},
      {"<sip:a@b?Subject=x>;tag=1", "sip:a@b?Subject=x", "<sip:a@b?Subject=x>"},
      {"", "", ""},
      {"<", "", "<"}, // what no parser let in does at least not harm
      {"<sip:a@b", "sip:a@b", "<sip:a@b"},
      {"\"open", "\"open", "\"open"},
      {"\"open\\", "\"open\\", "\"open\\"},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION("[" << r.in << "]") {
      CHECK(uri_of(r.in) == r.uri);
      CHECK(without_parameters(r.in) == r.name_part);
    }
}

TEST_CASE("route URI: lr is a parameter of the URI and of nothing else, RFC 3261 §19.1.1",
          "[sip][dialog]") {
  struct row {
    std::string_view uri;
    bool loose;
  };
  const std::vector<row> table = {
      {"sip:p.example.com;lr", true},
      {"sip:p.example.com;LR", true},
      {"sip:p.example.com;lr=on", true}, // as some proxies write it
      {"sip:p.example.com;transport=tcp;lr", true},
      {"sip:p.example.com;lr;transport=tcp", true},
      {"sip:node-7f3a@192.0.2.1:5060;lr", true},
      {"sip:[2001:db8::1]:5060;lr", true},
      {"sip:u;x@h;lr?a=b", true},
      {"sip:p.example.com", false},
      {"sip:p.example.com;lrx", false},
      {"sip:p.example.com;xlr", false},
      {"sip:p.example.com;x=lr", false},
      {"sip:lr@p.example.com", false},
      {"sip:user;lr@p.example.com", false}, // a parameter of the user part
      {"sip:us?er;lr@p.example.com", false},
      {"sip:p.example.com?Subject=;lr", false}, // in a header
      {"sip:p.example.com;", false},
      {"", false},
  };
  for (const auto& r : table)
    DYNAMIC_SECTION("[" << r.uri << "]") {
      CHECK(is_loose_router(r.uri) == r.loose);
    }
}

TEST_CASE("route URI: what a Request-URI may not have is taken off, RFC 3261 §19.1.1 table 1",
          "[sip][dialog]") {
  const std::vector<std::pair<std::string_view, std::string_view>> table = {
      {"sip:a@b", "sip:a@b"},
      {"sip:a@b?Subject=x&Priority=urgent", "sip:a@b"},
      {"sip:a@b;method=INVITE", "sip:a@b"},
      {"sip:a@b;Method=INVITE;transport=tcp", "sip:a@b;transport=tcp"},
      {"sip:a@b;transport=tcp;method=BYE;user=phone?x=y", "sip:a@b;transport=tcp;user=phone"},
      {"sip:a@b;maddr=192.0.2.1;ttl=1;lr;ob", "sip:a@b;maddr=192.0.2.1;ttl=1;lr;ob"},
      {"sip:a;method=x@b", "sip:a;method=x@b"},
      {"tel:+1-201-555-0123;phone-context=x", "tel:+1-201-555-0123;phone-context=x"},
      {"", ""},
  };
  for (const auto& [in, out] : table)
    DYNAMIC_SECTION("[" << in << "]") {
      CHECK(as_request_uri(in) == out);
    }
}
