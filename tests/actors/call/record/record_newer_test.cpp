// A record that a newer program wrote: what this one does not know of it survives a change by it.
#include "actors/call/record/call_record.capnp.h"
#include "actors/call/record/record_codec.hpp"
#include "tests/actors/call/record/full_record.hpp"
#include "tests/actors/call/record/record_fields.hpp"

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <catch2/catch.hpp>

#include <cstring>
#include <map>

using namespace tandem;
using namespace tandem::actors;
using namespace tandem::test;

namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;

std::string bytes_of(capnp::MessageBuilder& message) {
  const auto words = capnp::messageToFlatArray(message);
  const auto chars = words.asChars();
  return {chars.begin(), chars.size()};
}

constexpr unsigned kind_pointer = 1; ///< of Child: behind its name

/// A record's bytes, aligned, and its root.
class opened {
public:
  explicit opened(std::string_view bytes)
    : words_(kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word))) {
    std::memcpy(words_.begin(), bytes.data(), bytes.size());
    message_.emplace(words_);
  }
  [[nodiscard]] CallRecord::Reader root() { return message_->getRoot<CallRecord>(); }
  [[nodiscard]] std::string canonical() {
    const auto words = AnyStruct::Reader{root()}.canonicalize();
    return {reinterpret_cast<const char*>(words.begin()), words.size() * sizeof(capnp::word)};
  }
  /// Where the numbers of the structs stand that outlive a change: first byte and size.
  [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> data_sections() {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    const auto add = [&](AnyStruct::Reader s) {
      const auto data = s.getDataSection();
      out.emplace_back(data.begin() - words_.asBytes().begin(), data.size());
    };
    add(root());
    add(root().getRoot());
    for (const auto child : root().getChildren()) {
      add(child);
      add(AnyStruct::Reader{child}.getPointerSection()[kind_pointer].getAs<AnyStruct>());
    }
    return out;
  }

private:
  kj::Array<capnp::word> words_;
  std::optional<capnp::FlatArrayMessageReader> message_;
};

/// `from` with a number and a text more than our schema has, as a struct of the next one.
AnyStruct::Builder grow(AnyPointer::Builder to, AnyStruct::Reader from, std::uint64_t number) {
  const auto data = from.getDataSection();
  const auto pointers = from.getPointerSection();
  auto out = to.initAsAnyStruct(static_cast<std::uint16_t>(data.size() / 8 + 1),
                                static_cast<std::uint16_t>(pointers.size() + 2));
  std::memcpy(out.getDataSection().begin(), data.begin(), data.size());
  std::memcpy(out.getDataSection().begin() + data.size(), &number, sizeof number);
  auto there = out.getPointerSection();
  for (unsigned i = 0; i < pointers.size(); ++i)
    there[i].set(pointers[i]);
  there[pointers.size() + 1].setAs<capnp::Text>("text " + std::to_string(number));
  return out;
}

/// What grow() added: 0 if nothing.
template <class Struct>
std::uint64_t grown(AnyStruct::Reader s) {
  using layout = typename Struct::_capnpPrivate;
  const auto data = s.getDataSection();
  const auto pointers = s.getPointerSection();
  std::uint64_t number = 0;
  if (data.size() < (layout::dataWordSize + 1) * 8 || pointers.size() < layout::pointerCount + 2)
    return 0;
  std::memcpy(&number, data.begin() + layout::dataWordSize * 8, sizeof number);
  CHECK(pointers[layout::pointerCount].isNull());
  const AnyPointer::Reader text = pointers[layout::pointerCount + 1];
  CHECK(std::string(text.getAs<capnp::Text>().cStr()) == "text " + std::to_string(number));
  return number;
}

/// The bytes of this record as a newer program would have written them.
std::string of_the_future(const call_record& r) {
  opened now{encode_record(r)};
  capnp::MallocMessageBuilder message{1U << 16}; // one segment
  auto root = grow(message.getRoot<AnyPointer>(), now.root(), 1);
  auto record = root.as<CallRecord>();
  const AnyStruct::Reader known{now.root().getRoot()};
  for (auto p : root.getPointerSection())
    if (p.isStruct())
      grow(p, known, 2);
  std::uint64_t number = 10;
  for (auto child : record.getChildren()) {
    const AnyStruct::Reader kind{now.root().getChildren()[static_cast<unsigned>(number - 10)]};
    auto there = AnyStruct::Builder{kj::mv(child)}.getPointerSection();
    grow(there[kind_pointer], kind.getPointerSection()[kind_pointer].getAs<AnyStruct>(), number++);
  }
  return bytes_of(message);
}

std::uint64_t grown(Child::Reader c) {
  const auto record = c.getRecord();
  switch (record.which()) {
    case Child::Record::APP: return grown<App>(record.getApp());
    case Child::Record::INCOMING_LEG: return grown<IncomingLeg>(record.getIncomingLeg());
    case Child::Record::OUTGOING_LEG: return grown<OutgoingLeg>(record.getOutgoingLeg());
    case Child::Record::DIALOG: return grown<Dialog>(record.getDialog());
    case Child::Record::TRANSACTION: return grown<Transaction>(record.getTransaction());
    case Child::Record::MEDIA_ENDPOINT: return grown<MediaEndpoint>(record.getMediaEndpoint());
  }
  return 0;
}

std::map<std::uint16_t, std::uint64_t> grown_children(CallRecord::Reader r) {
  std::map<std::uint16_t, std::uint64_t> out;
  for (const auto c : r.getChildren())
    if (const auto n = grown(c); n != 0)
      out.emplace(c.getId(), n);
  return out;
}

} // namespace

TEST_CASE("record: nothing is kept of a record that we know wholly", "[record][newer]") {
  const auto r = decode_record(encode_record(full_record()));
  REQUIRE(r);
  CHECK(r->newer == nullptr);
}

TEST_CASE("record: what a newer program wrote is read as far as we know it", "[record][newer]") {
  const auto r = decode_record(of_the_future(full_record()));
  REQUIRE(r);
  CHECK(difference(*r, full_record()) == "");
  CHECK(r->newer != nullptr);
}

TEST_CASE("record: what we do not know survives a change of what we know", "[record][newer]") {
  auto r = decode_record(of_the_future(full_record())).value();
  const auto expected = [&] {
    auto all = grown_children(opened{*r.newer}.root());
    REQUIRE(all.size() == r.children.size());
    all.erase(r.children.at(4).id.value);
    return all;
  }();
  // It goes on: one child leaves, one comes, one changes, the call grows older.
  std::get<app_record>(r.children.at(0).record).saved = "changed";
  std::get<dialog_record>(r.children.at(3).record).offered = {};
  r.children.erase(r.children.begin() + 4);
  r.children.push_back({{60'000}, {}, "new", media_endpoint_record{}});
  r.root.age += std::chrono::seconds{1};
  r.root.over.reset();
  for (int commits = 0; commits < 3; ++commits) {
    const auto bytes = encode_record(r);
    opened record{bytes};
    CHECK(grown<CallRecord>(record.root()) == 1);
    CHECK(grown<Root>(record.root().getRoot()) == 2);
    CHECK(grown_children(record.root()) == expected);
    const auto back = decode_record(bytes);
    REQUIRE(back);
    CHECK(difference(*back, r) == "");
    CHECK(encode_record(*back) == bytes); // it grows no further
    r = *back;
  }
}

TEST_CASE("record: a child that took another's id inherits nothing", "[record][newer]") {
  auto r = decode_record(of_the_future(full_record())).value();
  r.children = {{r.children.at(0).id, {}, "", media_endpoint_record{}}};
  CHECK(grown_children(opened{encode_record(r)}.root()).empty());
}

TEST_CASE("record: every bit that we do not know survives", "[record][newer]") {
  call_record plain;
  const child_record kinds[] = {
      app_record{},
      incoming_leg_record{},
      outgoing_leg_record{},
      dialog_record{},
      transaction_record{.machine = sip::invite_server_transaction::snapshot{}},
      media_endpoint_record{.slot = media::slot{}, .remote = media::set_remote{}}};
  for (std::uint16_t id = 1; const auto& kind : kinds)
    plain.children.push_back({{id++}, {}, "", kind});
  const auto known = encode_record(plain);
  std::size_t unknown = 0;
  for (const auto& [first, size] : opened{known}.data_sections())
    for (std::size_t bit = first * 8; bit < (first + size) * 8; ++bit) {
      auto bytes = known;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      const auto r = decode_record(bytes);
      if (!r || !r->newer)
        continue;
      ++unknown;
      CHECK(difference(*r, plain) == "");
      if (opened{encode_record(*r)}.canonical() != opened{bytes}.canonical())
        FAIL("bit " << bit << " is lost");
    }
  CHECK(unknown > 50); // holes between fields
}

TEST_CASE("record: pointers of the future that lead nowhere are damage", "[record][newer]") {
  auto bytes = of_the_future(full_record());
  const auto at = bytes.find("text 1");
  REQUIRE(at != bytes.npos);
  // The last pointer of the root leads to that text: it stands behind the root's data.
  std::size_t patched = 0;
  for (std::size_t word = 2; word < 40 && patched == 0; ++word) {
    std::uint64_t pointer = 0;
    std::memcpy(&pointer, bytes.data() + word * 8, 8);
    const auto target = word + 1 + (pointer & 0xffffffff) / 4;
    if ((pointer & 3) == 1 && target * 8 == at)
      patched = word;
  }
  REQUIRE(patched != 0);
  const std::uint64_t nowhere = 0x7fffffff'7ffffffd;
  std::memcpy(bytes.data() + patched * 8, &nowhere, 8);
  const auto r = decode_record(bytes);
  REQUIRE_FALSE(r);
  CHECK(r.error().find("damaged") != std::string::npos);
}
