#include "runtime/io/siphash.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace tandem {

namespace {

static_assert(std::endian::native == std::endian::little); // as the paper's words are

std::uint64_t word_of(const void* octets) {
  std::uint64_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return word;
}

/// The octets of a result in their order are the digits of its key.
std::uint64_t reversed(std::uint64_t word) {
  return __builtin_bswap64(word);
}

/// Section 2 of the paper; the constants of the 128-bit result are those of the authors' code.
class sip_state {
public:
  sip_state(std::uint64_t k0, std::uint64_t k1)
    : v0_(k0 ^ 0x736f6d6570736575), v1_(k1 ^ 0x646f72616e646f6d ^ 0xee),
      v2_(k0 ^ 0x6c7967656e657261), v3_(k1 ^ 0x7465646279746573) {}

  void add(std::string_view octets) {
    if (size_ % 8 == 0)
      add_words(octets);
    for (const char octet : octets) {
      word_ |= std::uint64_t{static_cast<std::uint8_t>(octet)} << 8 * (size_ % 8);
      if (++size_ % 8 == 0) {
        compress(word_);
        word_ = 0;
      }
    }
  }

  void add_with_length(std::string_view octets) {
    const std::uint64_t length = octets.size();
    add({reinterpret_cast<const char*>(&length), sizeof length});
    add(octets);
  }

  [[nodiscard]] key128 finish() {
    compress(word_ | std::uint64_t{size_ & 0xff} << 56);
    v2_ ^= 0xee;
    const auto first = finalized();
    v1_ ^= 0xdd;
    return {reversed(first), reversed(finalized())};
  }

private:
  /// As many as there are, which leave `octets`.
  void add_words(std::string_view& octets) {
    for (; octets.size() >= 8; octets.remove_prefix(8), size_ += 8)
      compress(word_of(octets.data()));
  }

  void compress(std::uint64_t m) {
    v3_ ^= m;
    round();
    round();
    v0_ ^= m;
  }

  std::uint64_t finalized() {
    for (int i = 0; i < 4; ++i)
      round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  void round() {
    v0_ += v1_;
    v2_ += v3_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v1_;
    v0_ += v3_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
  std::uint64_t word_ = 0; ///< octets that fill no word yet
  std::size_t size_ = 0;
};

} // namespace

siphash::siphash(const secret& key) : k0_(word_of(key.data())), k1_(word_of(key.data() + 8)) {
}

key128 siphash::operator()(std::string_view a, std::string_view b) const {
  sip_state s{k0_, k1_};
  s.add_with_length(a);
  s.add_with_length(b);
  return s.finish();
}

key128 siphash::of(std::string_view message) const {
  sip_state s{k0_, k1_};
  s.add(message);
  return s.finish();
}

} // namespace tandem
