// Frames a record as a Cap'n Proto message: a table of segment sizes, then the segments, so that
// `capnp decode call_record.capnp CallRecord` reads it.
#include "actors/call/record/record_codec.hpp"

#include "actors/call/record/compact.hpp"
#include "actors/call/record/limits.hpp"
#include "actors/call/record/newer_fields.hpp"
#include "actors/call/record/record_reader.hpp"
#include "actors/call/record/record_writer.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tandem::actors {

namespace {

static_assert(std::endian::native == std::endian::little); // the table is written as it stands

/// For what the store puts behind a record, which would otherwise be copied to make room.
constexpr std::size_t room_behind = 64;

/// A plain two-leg call fits; a larger one goes on in further segments from the heap.
constexpr std::size_t first_segment_words = 1024;

void append(std::string& out, std::uint32_t n) {
  std::array<char, sizeof n> bytes;
  std::memcpy(bytes.data(), &n, sizeof n);
  out.append(bytes.data(), bytes.size());
}

std::string framed(kj::ArrayPtr<const kj::ArrayPtr<const capnp::word>> segments) {
  std::size_t words = segments.size() / 2 + 1;
  for (const auto s : segments)
    words += s.size();
  std::string out;
  out.reserve(words * sizeof(capnp::word) + room_behind);
  append(out, static_cast<std::uint32_t>(segments.size() - 1));
  for (const auto s : segments)
    append(out, static_cast<std::uint32_t>(s.size()));
  if (segments.size() % 2 == 0) // the table fills whole words
    append(out, 0);
  for (const auto s : segments)
    out.append(s.asChars().begin(), s.asChars().size());
  return out;
}

/// The bytes as words, copied only if they do not start at a word's address.
class aligned_words {
public:
  explicit aligned_words(std::string_view bytes) {
    const auto count = bytes.size() / sizeof(capnp::word);
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(capnp::word) != 0) {
      copy_ = kj::heapArray<capnp::word>(count);
      std::memcpy(copy_.begin(), bytes.data(), bytes.size());
      words_ = copy_;
    } else {
      words_ = {reinterpret_cast<const capnp::word*>(bytes.data()), count};
    }
  }
  [[nodiscard]] kj::ArrayPtr<const capnp::word> get() const { return words_; }

private:
  kj::Array<capnp::word> copy_;
  kj::ArrayPtr<const capnp::word> words_;
};

/// Pointers in `size` bytes that nobody wrote so lead nowhere for long.
capnp::ReaderOptions careful(std::size_t size) {
  capnp::ReaderOptions options;
  options.traversalLimitInWords = limits::record_traversals * size / sizeof(capnp::word);
  options.nestingLimit = limits::record_depth;
  return options;
}

/// Whether it may lie unchanged for hours: nothing is under way in the call.
bool is_at_rest(const call_record& r) {
  return std::ranges::none_of(r.children, [](const call_record::child& c) {
    return std::holds_alternative<transaction_record>(c.record);
  });
}

std::string with_newer_fields(CallRecord::Reader fresh, const std::string& newer) {
  const aligned_words words{newer};
  capnp::FlatArrayMessageReader base{words.get(), careful(newer.size())};
  capnp::MallocMessageBuilder message; // that `newer` can be followed was seen when it was read
  write_with_newer_fields(message.getRoot<capnp::AnyPointer>(), fresh, base.getRoot<CallRecord>());
  return framed(message.getSegmentsForOutput());
}

std::string written(const call_record& record) {
  std::array<capnp::word, first_segment_words> scratch{};
  capnp::MallocMessageBuilder message{kj::arrayPtr(scratch.data(), scratch.size())};
  const auto root = message.initRoot<CallRecord>();
  record_writer{root}.write(record);
  return record.newer ? with_newer_fields(root, *record.newer)
                      : framed(message.getSegmentsForOutput());
}

bool holds_newer_fields(const aligned_words& words) {
  capnp::FlatArrayMessageReader message{words.get(), careful(words.get().asBytes().size())};
  return has_newer_fields(message.getRoot<CallRecord>());
}

/// As we write them: then they are known to be sound. Those that we cannot write are left.
void keep_newer_fields(call_record& record, std::string_view bytes) {
  record.newer = std::make_shared<const std::string>(bytes);
  auto ours = written(record);
  record.newer = holds_newer_fields(aligned_words{ours})
                     ? std::make_shared<const std::string>(std::move(ours))
                     : nullptr;
}

tl::expected<call_record, std::string> read(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0)
    return tl::unexpected{"a call record of " + std::to_string(bytes.size()) + " bytes is cut off"};
  if (bytes.size() > limits::record_bytes)
    return tl::unexpected{"a call record of " + std::to_string(bytes.size())
                          + " bytes is longer than any call's"};
  try {
    const aligned_words words{bytes};
    capnp::FlatArrayMessageReader message{words.get(), careful(bytes.size())};
    if (message.getEnd() != words.get().end())
      return tl::unexpected{std::string("behind the call record are further bytes")};
    auto record = record_reader{message.getRoot<CallRecord>()}.read();
    if (record && holds_newer_fields(words))
      keep_newer_fields(*record, bytes);
    return record;
  } catch (const kj::Exception& e) { // how capnp says that bytes are damaged
    return tl::unexpected{std::string("the call record is damaged: ") + e.getDescription().cStr()};
  }
}

} // namespace

std::string encode_record(const call_record& record) {
  auto bytes = written(record);
  const bool pays = bytes.size() >= limits::compact_from && is_at_rest(record);
  return pays ? compacted(std::move(bytes)) : bytes;
}

tl::expected<call_record, std::string> decode_record(std::string_view bytes) {
  if (!is_compacted(bytes))
    return read(bytes);
  const auto before = expanded(bytes);
  return before ? read(*before)
                : tl::unexpected{std::string("the call record cannot be decompressed")};
}

} // namespace tandem::actors
