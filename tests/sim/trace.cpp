#include "tests/sim/trace.hpp"

#include <algorithm>
#include <cstdio>

namespace tandem::test {

namespace {

/// FNV-1a.
void mix(std::uint64_t& hash, std::string_view bytes) {
  for (const char c : bytes)
    hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3U;
}

void mix(std::uint64_t& hash, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8)
    hash = (hash ^ (value >> shift & 0xff)) * 0x100000001b3U;
}

std::string_view line_with(std::string_view message, std::string_view name) {
  const auto at = message.find(name);
  if (at == message.npos)
    return {};
  return message.substr(at + 2, message.find("\r\n", at + 2) - at - 2);
}

} // namespace

void run_trace::add(trace_line l) {
  mix(hash_, static_cast<std::uint64_t>(l.is));
  mix(hash_, static_cast<std::uint64_t>(l.at.count()));
  mix(hash_, to_string(l.peer));
  mix(hash_, l.key.high);
  mix(hash_, l.key.low);
  mix(hash_, l.bytes.size());
  mix(hash_, l.bytes);
  lines_.push_back(std::move(l));
}

std::string to_text(const trace_line& l) {
  char time[32];
  (void) std::snprintf(time, sizeof time, "%12.3f ms  ", static_cast<double>(l.at.count()) / 1e6);
  std::string out = time;
  const std::string_view bytes = l.bytes;
  using kind = trace_line::kind;
  switch (l.is) {
    case kind::received:
    case kind::sent:
      out += to_string(l.peer) + (l.is == kind::received ? " > " : " < ");
      out += bytes.substr(0, bytes.find("\r\n"));
      out += "  [" + std::string(line_with(bytes, "\r\nCSeq:")) + "; "
             + std::string(line_with(bytes, "\r\nCall-ID:")) + "]";
      if (const auto sdp = line_with(bytes, "\r\no="); !sdp.empty())
        out += " " + std::string(sdp);
      for (const auto* direction : {"\r\na=sendonly", "\r\na=recvonly", "\r\na=inactive"})
        if (const auto has = line_with(bytes, direction); !has.empty())
          out += " " + std::string(has);
      break;
    case kind::committed:
      out += "commit " + to_string(l.key) + " " + std::to_string(bytes.size()) + " bytes";
      break;
    case kind::erased: out += "erase " + to_string(l.key); break;
    case kind::detail: out += "CDR " + l.bytes; break;
    case kind::log: out += "log " + l.bytes; break;
    case kind::fate: out += "*** " + l.bytes; break;
  }
  return out;
}

} // namespace tandem::test
