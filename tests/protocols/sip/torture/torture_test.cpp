// The 49 messages of RFC 4475 at the level of parser, checks and typed readers. What needs a UAS
// (416, 420, 415, 406, 483) is asserted as the reading from which the UAS decides.
#include "protocols/sip/check.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace tandem;
using namespace tandem::sip;

namespace {

enum class outcome {
  accepted, ///< Parsed and checked; a UAS goes on from here.
  answered, ///< Refused with a status, and a response can be built.
  dropped,  ///< No answer is due: a response.
};

/// What the typed readers must find in an accepted message.
using reading = bool (*)(const message&);

struct row {
  std::string_view file;
  outcome expected;
  int status = 0; ///< Of the answer.
  reading holds = [](const message&) { return true; };
};

bool is_2543(const message& m) {
  return !read_top_via(m)->has_unique_branch();
}
bool has_scheme(const message& m, uri_scheme s) {
  return parse_uri(m.request_uri())->scheme == s;
}

const std::vector<row> table = {
    // 3.1.1 valid messages
    {"wsinv", outcome::accepted, 0,
     [](const message& m) {
       const auto vias = *read_vias(m);
       const auto c = read_contacts(m)->list[0];
       return vias.size() == 3 && vias[0].host == "192.0.2.2" && vias[0].branch == "390skdjuw"
              && vias[1].transport == via_transport::tcp && vias[1].branch == "z9hG4bK9ikj8"
              && vias[2].host == "192.168.255.111" && vias[2].branch == "z9hG4bK30239"
              && read_to(m)->tag == "1918181833n" && read_from(m)->tag == "98asjd8"
              && unescape_quoted(read_from(m)->display_name) == R"(J Rosenberg \")"
              && *read_max_forwards(m) == 68 && read_cseq(m)->number == 9
              && read_cseq(m)->method == method::invite && m.body().size() == 150
              && m.header(header_id::subject) == "" && c.q == 330
              && c.address.parameters.find("newparam")->value == "newvalue"
              && c.address.parameters.find("secondparam")->form == parameter_form::flag
              && m.header("newfangledheader") == "newfangled value   continued newfangled value"
              && read_routes(m)->at(0).uri.parameters.has("lr");
     }},
    {"intmeth", outcome::accepted, 0,
     [](const message& m) {
       using namespace std::string_view_literals;
       return m.get_method() == method::unknown
              && m.method_name() == "!interesting-Method0123456789_*+`.%indeed'~"
              && parse_uri(m.request_uri())->password
                     == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"
              && unescape_quoted(read_to(m)->display_name) == "BEL:\a NUL:\0 DEL:\x7f"sv
              && read_from(m)->display_name == "token1~` token2'+_ token3*%!.-"
              && read_from(m)->tag == "_token~1'+`*%!-." && *read_max_forwards(m) == 255
              && read_call_id(m)->ends_with(R"(@word`~)(><:\/"][?}{)")
              && m.header("extensionHeader-!.%*+_`'~")->size() == 12;
     }},
    {"esc01", outcome::accepted, 0,
     [](const message& m) {
       const auto c = read_contacts(m)->list[0].address.uri;
       return parse_uri(m.request_uri())->unescaped_user() == "sips:user@example.com"
              && read_to(m)->uri.unescaped_user() == "user"
              && read_from(m)->uri.unescaped_user() == "I have spaces"
              && c.unescaped_user() == "caller" && c.parameters.find("%6C%72") == ""
              && c.parameters.find("n%61me") == "v%61lue%25%34%31" && !c.parameters.has("lr");
     }},
    {"escnull", outcome::accepted, 0,
     [](const message& m) {
       using namespace std::string_view_literals;
       const auto c = *read_contacts(m);
       return c.list.size() == 2 && c.list[0].address.uri.unescaped_user() == "\0"sv
              && c.list[1].address.uri.unescaped_user() == "\0\0"sv
              && read_to(m)->uri.unescaped_user() == "null-\0-null"sv;
     }},
    {"esc02", outcome::accepted, 0,
     [](const message& m) {
       return m.get_method() == method::unknown && m.method_name() == "RE%47IST%45R"
              && read_to(m)->display_name == "%Z%45" && read_contacts(m)->list.size() == 2
              && read_top_via(m)->branch == "z9hG4bK209%fzsnel234";
     }},
    {"lwsdisp", outcome::accepted, 0,
     [](const message& m) { return read_from(m)->display_name == "caller"; }},
    {"longreq", outcome::accepted, 0,
     [](const message& m) {
       return read_vias(m)->size() == 34 && read_from(m)->tag.size() > 100
              && read_to(m)->uri.port == 6000 && !m.body().empty();
     }},
    {"dblreq", outcome::accepted, 0,
     [](const message& m) {
       return m.get_method() == method::register_ && m.body().empty() && m.raw().size() < 350;
     }},
    {"semiuri", outcome::accepted, 0,
     [](const message& m) {
       return parse_uri(m.request_uri())->unescaped_user() == "user;par=u@example.net"
              && read_accept(m)->size() == 6;
     }},
    {"transports", outcome::accepted, 0,
     [](const message& m) {
       const auto v = *read_vias(m);
       return v.size() == 5 && v[0].transport == via_transport::udp
              && v[1].transport == via_transport::sctp && v[2].transport == via_transport::tls
              && v[3].transport == via_transport::other && v[3].transport_name == "UNKNOWN"
              && v[4].transport == via_transport::tcp;
     }},
    {"mpart01", outcome::accepted, 0,
     [](const message& m) {
       return m.body().size() == 553 && read_content_type(m)->is("multipart", "mixed")
              && read_content_type(m)->parameters.find("boundary")->value == "7a9cbec02ceef655";
     }},
    {"unreason", outcome::accepted, 0,
     [](const message& m) {
       return m.status() == 200 && m.reason().starts_with("= 2**3 * 5**2 ");
     }},
    {"noreason", outcome::accepted, 0,
     [](const message& m) { return m.status() == 100 && m.reason().empty(); }},
    // 3.1.2 invalid messages
    {"badinv01", outcome::answered, 400},
    {"clerr", outcome::answered, 400},
    {"ncl", outcome::answered, 400},
    {"scalar02", outcome::answered, 400},
    {"scalarlg", outcome::dropped},
    {"quotbal", outcome::answered, 400},
    {"ltgtruri", outcome::answered, 400},
    {"lwsruri", outcome::answered, 400},
    {"lwsstart", outcome::answered, 400},
    {"trws", outcome::answered, 400},
    {"escruri", outcome::answered, 400},
    {"baddate", outcome::accepted, 0, // nothing here reads Date
     [](const message& m) { return m.header(header_id::date)->ends_with("EST"); }},
    {"regbadct", outcome::answered, 400},
    {"badaspec", outcome::accepted, 0, // forgiven, see parse_name_addr()
     [](const message& m) { return read_to(m)->uri.text == "sip:t.watson@example.org"; }},
    {"baddn", outcome::accepted, 0, // forgiven, see parse_name_addr()
     [](const message& m) { return read_from(m)->display_name == "Bell, Alexander"; }},
    {"badvers", outcome::answered, 505},
    {"mismatch01", outcome::answered, 400},
    {"mismatch02", outcome::answered, 400},
    {"bigcode", outcome::dropped},
    // 3.2 transaction layer
    {"badbranch", outcome::accepted, 0, is_2543},
    // 3.3 application layer
    {"insuf", outcome::answered, 400},
    {"unkscm", outcome::accepted, 0,
     [](const message& m) { return has_scheme(m, uri_scheme::other); }},
    {"novelsc", outcome::accepted, 0,
     [](const message& m) { return parse_uri(m.request_uri())->scheme_name == "soap.beep"; }},
    {"unksm2", outcome::accepted, 0,
     [](const message& m) {
       return read_to(m)->uri.scheme_name == "isbn" && read_from(m)->uri.scheme_name == "http"
              && read_from(m)->tag == "3234233"
              && read_contacts(m)->list[0].address.uri.opaque == "John_Smith";
     }},
    {"bext01", outcome::accepted, 0,
     [](const message& m) {
       return read_tokens(m, header_id::require)->at(1) == "nothingSupportsThisEither"
              && read_tokens(m, header_id::proxy_require)->size() == 2;
     }},
    {"invut", outcome::accepted, 0,
     [](const message& m) { return read_content_type(m)->is("application", "unknownformat"); }},
    {"regaut01", outcome::accepted, 0,
     [](const message& m) {
       return m.header(header_id::authorization)->starts_with("NoOneKnowsThisScheme ");
     }},
    {"multi01", outcome::answered, 400},
    {"mcl01", outcome::answered, 400},
    {"bcast", outcome::accepted, 0, // a UAC drops what is not for it alone, §8.1.3.3
     [](const message& m) {
       return read_vias(m)->size() == 2 && read_vias(m)->at(1).host == "255.255.255.255";
     }},
    {"zeromf", outcome::accepted, 0, [](const message& m) { return *read_max_forwards(m) == 0; }},
    {"cparam01", outcome::accepted, 0,
     [](const message& m) {
       const auto c = read_contacts(m)->list[0].address;
       return c.parameters.find("unknownparam") && c.uri.parameters.empty();
     }},
    {"cparam02", outcome::accepted, 0,
     [](const message& m) {
       const auto c = read_contacts(m)->list[0].address;
       return c.parameters.empty() && c.uri.parameters.has("unknownparam");
     }},
    {"regescrt", outcome::accepted, 0,
     [](const message& m) {
       return read_contacts(m)->list[0].address.uri.headers == "Route=%3Csip:sip.example.com%3E";
     }},
    {"sdp01", outcome::accepted, 0,
     [](const message& m) { return read_accept(m)->at(0).is("text", "nobodyKnowsThis"); }},
    // 3.4 backward compatibility
    {"inv2543", outcome::accepted, 0,
     [](const message& m) {
       return is_2543(m) && read_from(m)->tag.empty() && m.body().size() > 50
              && read_max_forwards(m).error().code == header_errc::missing
              && read_record_routes(m)->at(0).uri.parameters.find("maddr") == "ss1.example.com";
     }},
};

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct result {
  outcome is;
  int status = 0;
  message_ptr m{}; ///< Accepted, or to be answered.
};

result judge(std::string_view datagram) {
  const auto parsed = parse_message(datagram);
  if (!parsed) {
    const auto& e = parsed.error();
    return e.answerable() ? result{outcome::answered, e.status, e.partial}
                          : result{outcome::dropped};
  }
  const auto m = *parsed;
  if (m->is_response())
    return check_response(*m) ? result{outcome::accepted, 0, m} : result{outcome::dropped};
  if (const auto checked = check_request(*m); !checked)
    return is_answerable(*m) ? result{outcome::answered, checked.error().status, m}
                             : result{outcome::dropped};
  return {outcome::accepted, 0, m};
}

} // namespace

TEST_CASE("RFC 4475: every torture message has its outcome", "[sip][torture]") {
  const auto folder = std::filesystem::path(TANDEM_CONFORMANCE_DIR) / "rfc4475";
  if (!std::filesystem::exists(folder)) {
    std::cout << "conformance data is absent: " << folder << '\n'; // makes CTest report a skip
    return;
  }
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().stem().string());
  CHECK(names.size() == 49);

  for (const auto& r : table) {
    INFO(r.file);
    CHECK(names.erase(std::string{r.file}) == 1);
    const auto datagram = read_whole(folder / (std::string{r.file} + ".dat"));
    const auto got = judge(datagram);
    CHECK(got.is == r.expected);
    CHECK(got.status == r.status);
    if (got.is == outcome::accepted)
      CHECK(r.holds(*got.m));
    if (got.is == outcome::answered) { // and the answer is a message of ours that parses
      message_writer out;
      begin_response(out, *got.m, {got.status, {}, "ours", *parse_ip_endpoint("192.0.2.9:5060")});
      const auto response = parse_message(*out.finish());
      REQUIRE(response);
      CHECK((*response)->status() == r.status);
      CHECK((*response)->count(header_id::via) == got.m->count(header_id::via));
    }
  }
  CHECK(names.empty()); // no file without a row
}
