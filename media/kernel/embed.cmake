# Writes the bytes of FROM to TO as an array that attachment.cpp declares.
file(READ ${FROM} bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${TO} "#include <cstddef>
namespace tandem::media {
extern const std::size_t relay_program_bytes;
extern const unsigned char relay_program[];
const std::size_t relay_program_bytes = ${size};
alignas(8) const unsigned char relay_program[] = {${bytes}};
}
")
