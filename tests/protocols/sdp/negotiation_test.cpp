#include "protocols/sdp/negotiation.hpp"

#include "protocols/sdp/anchor.hpp"
#include "runtime/base/check.hpp"

#include <catch2/catch.hpp>

using namespace tandem;
using namespace tandem::sdp;
using errc = negotiation_errc;
using st = negotiation::state;

namespace {

const ip_address here = *parse_ip_address("198.51.100.5");
const origin ours = make_origin(77, 100, here);

/// A description with the given m= lines.
session with(const std::string& media, const std::string& address = "192.0.2.1") {
  const auto s =
      parse_session("v=0\no=- 1 1 IN IP4 192.0.2.1\nc=IN IP4 " + address + "\nt=5 6\n" + media);
  REQUIRE(s);
  return *s;
}

const std::string audio = "m=audio 4000 RTP/AVP 0\n";
const std::string video = "m=video 5000 RTP/AVP 99\n";

/// A machine in `target`, with one audio stream agreed before (our offer, version 100).
negotiation make(st target) {
  negotiation n{ours};
  REQUIRE(n.set_local_offer(with(audio)));
  REQUIRE(n.set_remote_answer(with(audio)));
  if (target == st::local_offer)
    REQUIRE(n.set_local_offer(with(audio + "a=inactive\n")));
  if (target == st::remote_offer)
    REQUIRE(n.set_remote_offer(with(audio + "a=sendonly\n")));
  REQUIRE(n.current() == target);
  return n;
}

enum class in { local_offer, remote_offer, local_answer, remote_answer, rollback };

std::optional<errc> feed(negotiation& n, in input) {
  const auto error = [](const negotiation::result& r) {
    return r ? std::nullopt : std::optional{r.error()};
  };
  switch (input) {
    case in::local_offer: return error(n.set_local_offer(with(audio)));
    case in::remote_offer: return error(n.set_remote_offer(with(audio)));
    case in::local_answer: return error(n.set_local_answer(with(audio)));
    case in::remote_answer: return error(n.set_remote_answer(with(audio)));
    case in::rollback: n.rollback(); return std::nullopt;
  }
  return std::nullopt;
}

} // namespace

TEST_CASE("negotiation: every arrow, one offer at a time (RFC 3264 §4)", "[sdp][negotiation]") {
  struct arrow {
    st from;
    in input;
    st to;
    std::optional<errc> error;
  };
  const std::vector<arrow> figure = {
      {st::stable, in::local_offer, st::local_offer, {}},
      {st::stable, in::remote_offer, st::remote_offer, {}},
      {st::stable, in::local_answer, st::stable, errc::no_offer_to_answer},
      {st::stable, in::remote_answer, st::stable, errc::no_offer_to_answer},
      {st::stable, in::rollback, st::stable, {}},
      {st::local_offer, in::local_offer, st::local_offer, errc::local_offer_pending},
      {st::local_offer, in::remote_offer, st::local_offer, errc::local_offer_pending},
      {st::local_offer, in::local_answer, st::local_offer, errc::no_offer_to_answer},
      {st::local_offer, in::remote_answer, st::stable, {}},
      {st::local_offer, in::rollback, st::stable, {}},
      {st::remote_offer, in::local_offer, st::remote_offer, errc::remote_offer_pending},
      {st::remote_offer, in::remote_offer, st::remote_offer, errc::remote_offer_pending},
      {st::remote_offer, in::local_answer, st::stable, {}},
      {st::remote_offer, in::remote_answer, st::remote_offer, errc::no_offer_to_answer},
      {st::remote_offer, in::rollback, st::stable, {}},
  };
  for (const auto& a : figure)
    DYNAMIC_SECTION("state " << int(a.from) << " input " << int(a.input)) {
      auto n = make(a.from);
      const auto before = n.take_snapshot();
      CHECK(feed(n, a.input) == a.error);
      CHECK(n.current() == a.to);
      CHECK(n.pending().has_value() == (a.to != st::stable));
      if (a.error)
        CHECK(n.take_snapshot() == before);
    }
}

TEST_CASE("negotiation: the version of o= rises by one when the description changes and only then "
          "(RFC 3264 §8)",
          "[sdp][negotiation]") {
  negotiation n{ours};
  const auto offer = [&](const std::string& media) {
    const auto sent = n.set_local_offer(with(media));
    REQUIRE(sent);
    CHECK((*sent)->origin.session_id == 77);
    CHECK((*sent)->origin.address == "198.51.100.5");
    CHECK(n.local_origin() == (*sent)->origin);
    return (*sent)->origin.version;
  };
  const auto answered = [&] { REQUIRE(n.set_remote_answer(with(audio))); };

  CHECK(offer(audio) == 100);
  answered();
  CHECK(offer(audio) == 100); // a refresh
  answered();
  CHECK(offer(audio + "a=sendonly\n") == 101);
  answered();
  CHECK(offer(audio) == 102);
  answered();

  REQUIRE(n.set_remote_offer(with(audio)));
  CHECK(n.set_local_answer(with(audio)).value()->origin.version == 102);
  REQUIRE(n.set_remote_offer(with(audio)));
  CHECK(n.set_local_answer(with(audio + "a=inactive\n")).value()->origin.version == 103);

  SECTION("a version that left us is used, even if the offer was refused") {
    CHECK(offer(audio) == 104);
    n.rollback();
    CHECK(n.local()->origin.version == 103);
    SECTION("the same again") {
      CHECK(offer(audio) == 104);
    }
    SECTION("the old one again") {
      CHECK(offer(audio + "a=inactive\n") == 105);
    }
    SECTION("in an answer") {
      REQUIRE(n.set_remote_offer(with(audio)));
      CHECK(n.set_local_answer(with(audio + "a=recvonly\n")).value()->origin.version == 105);
    }
  }
}

TEST_CASE("negotiation: the first description may be an answer", "[sdp][negotiation]") {
  negotiation n{ours};
  CHECK_FALSE(n.local());
  REQUIRE(n.set_remote_offer(with(audio)));
  CHECK_FALSE(n.remote());
  const auto answer = n.set_local_answer(make_offer({here, 20000, 20001}, n.local_origin()));
  REQUIRE(answer);
  CHECK((*answer)->origin.version == 100);
  CHECK((*answer)->timing == std::vector<raw_line>{{'t', "5 6"}}); // RFC 3264 §6
  CHECK(n.local() == *answer);
  CHECK(n.remote() == with(audio));
}

TEST_CASE("negotiation: number, order and kind of m= lines (RFC 3264 §6, §8)",
          "[sdp][negotiation]") {
  struct row {
    std::string offer, answer;
    std::optional<errc> error;
  };
  const std::vector<row> table = {
      {audio + video, audio + video, {}},
      {audio + video, audio + "m=video 0 RTP/AVP 99\n", {}},
      {audio, audio + video, errc::media_count_differs},
      {audio + video, audio, errc::media_count_differs},
      {audio, "", errc::media_count_differs},
      {audio + video, video + audio, errc::media_kind_differs},
      {audio, "m=audio 4000 RTP/SAVP 0\n", errc::media_kind_differs},
      {audio, "m=image 0 udptl t38\n", {}}, // a refusal in other words
  };
  for (const auto& r : table) {
    INFO(r.offer << r.answer);
    const auto error = [](const negotiation::result& x) {
      return x ? std::nullopt : std::optional{x.error()};
    };
    negotiation asked{ours};
    REQUIRE(asked.set_local_offer(with(r.offer)));
    CHECK(error(asked.preview_remote_answer(with(r.answer))) == r.error);
    CHECK(error(asked.set_remote_answer(with(r.answer))) == r.error);
    negotiation asking{ours};
    REQUIRE(asking.set_remote_offer(with(r.offer)));
    CHECK(error(asking.preview_local_answer(with(r.answer))) == r.error);
    CHECK(error(asking.set_local_answer(with(r.answer))) == r.error);
  }
}

TEST_CASE("negotiation: an offer never has fewer m= lines than before (RFC 3264 §8)",
          "[sdp][negotiation]") {
  negotiation n{ours};
  REQUIRE(n.set_local_offer(with(audio + video)));
  REQUIRE(n.set_remote_answer(with(audio + video)));
  CHECK(n.set_local_offer(with(audio)).error() == errc::too_few_media);
  CHECK(n.set_remote_offer(with(audio)).error() == errc::too_few_media);
  CHECK(n.set_remote_offer(with(audio + "m=video 0 RTP/AVP 99\n" + audio)));
}

TEST_CASE("negotiation: a stream offered with port 0 stays refused (RFC 3264 §6)",
          "[sdp][negotiation]") {
  negotiation n{ours};
  REQUIRE(n.set_local_offer(with(audio + "m=video 0 RTP/AVP 99\n")));
  const auto answer = n.set_remote_answer(with(audio + video));
  REQUIRE(answer);
  CHECK((*answer)->media[0].port == 4000);
  CHECK((*answer)->media[1].port == 0);
  CHECK(n.agreed_direction(1) == direction::inactive);
}

TEST_CASE("negotiation: a preview in an unreliable 1xx leaves the offer open (RFC 3261 §13.2.1)",
          "[sdp][negotiation]") {
  SECTION("ours") {
    auto n = make(st::remote_offer);
    const auto early = n.preview_local_answer(with(audio + "a=recvonly\n"));
    REQUIRE(early);
    CHECK((*early)->origin.version == 101);
    CHECK(n.current() == st::remote_offer);
    CHECK(n.local()->origin.version == 100);
    SECTION("repeated in the 2xx") {
      CHECK(n.set_local_answer(with(audio + "a=recvonly\n")) == early);
      CHECK(n.local() == *early);
    }
    SECTION("another in the 2xx") {
      CHECK(n.set_local_answer(with(audio + "a=inactive\n")).value()->origin.version == 102);
    }
    SECTION("refused after all") {
      n.rollback();
      CHECK(n.set_local_offer(with(audio)).value()->origin.version == 102);
    }
  }
  SECTION("theirs") {
    auto n = make(st::local_offer);
    const auto before = n.take_snapshot();
    CHECK(n.preview_remote_answer(with(audio)));
    CHECK(n.take_snapshot() == before);
  }
}

TEST_CASE("negotiation: hold and agreed direction (RFC 3264 §6.1, §8.4)", "[sdp][negotiation]") {
  struct row {
    std::string local, remote, remote_address;
    direction agreed;
    bool by_local, by_remote;
  };
  const std::string usual = "192.0.2.1", nowhere = "0.0.0.0";
  const std::vector<row> table = {
      {"a=sendrecv\n", "a=sendrecv\n", usual, direction::sendrecv, false, false},
      {"a=sendrecv\n", "a=sendonly\n", usual, direction::recvonly, false, true},
      {"a=sendrecv\n", "a=recvonly\n", usual, direction::sendonly, false, false},
      {"a=sendonly\n", "a=recvonly\n", usual, direction::sendonly, true, false},
      {"a=sendonly\n", "a=sendrecv\n", usual, direction::sendonly, true, false}, // a wrong answer
      {"a=recvonly\n", "a=recvonly\n", usual, direction::inactive, false, false},
      {"a=inactive\n", "a=inactive\n", usual, direction::inactive, true, true},
      {"a=sendrecv\n", "a=sendrecv\n", nowhere, direction::recvonly, false, true},
  };
  for (const auto& r : table) {
    INFO(r.local << r.remote << r.remote_address);
    negotiation n{ours};
    REQUIRE(n.set_local_offer(with(audio + r.local)));
    CHECK(n.agreed_direction(0) == direction::inactive);
    CHECK_FALSE(n.held_by_remote(0));
    REQUIRE(n.set_remote_answer(with(audio + r.remote, r.remote_address)));
    CHECK(n.agreed_direction(0) == r.agreed);
    CHECK(n.held_by_local(0) == r.by_local);
    CHECK(n.held_by_remote(0) == r.by_remote);
    CHECK(n.agreed_direction(1) == direction::inactive);
  }
}

TEST_CASE("negotiation: restored in every state, it acts as the original",
          "[sdp][negotiation][snapshot]") {
  for (const auto from : {st::stable, st::local_offer, st::remote_offer})
    for (const auto input :
         {in::local_offer, in::remote_offer, in::local_answer, in::remote_answer, in::rollback})
      DYNAMIC_SECTION("state " << int(from) << " input " << int(input)) {
        auto original = make(from);
        if (from == st::stable) { // with a version used by a refused offer
          REQUIRE(original.set_local_offer(with(audio + "a=inactive\n")));
          original.rollback();
        }
        if (from == st::remote_offer)
          REQUIRE(original.preview_local_answer(with(audio + "a=recvonly\n")));
        const auto taken = original.take_snapshot();
        negotiation restored{taken};
        CHECK(restored.take_snapshot() == taken);
        CHECK(feed(restored, input) == feed(original, input));
        CHECK(restored.take_snapshot() == original.take_snapshot());
      }
}

TEST_CASE("negotiation: a snapshot that contradicts itself is a bug, not a state",
          "[sdp][snapshot]") {
  auto broken = make(st::local_offer).take_snapshot();
  broken.pending.reset();
  CHECK_THROWS_AS(negotiation{broken}, check_failure);
}

TEST_CASE("negotiation: restored past a mark, the next description is above it",
          "[sdp][snapshot]") {
  struct row {
    std::optional<std::uint64_t> mark;
    std::uint64_t unchanged, changed; ///< version of the next description; 100 was the last
  };
  const std::vector<row> table = {{std::nullopt, 100, 101},
                                  {99, 100, 101},
                                  {100, 101, 101},
                                  {101, 102, 102},
                                  {999, 1000, 1000}};
  for (const auto& r : table) {
    const auto taken = make(st::stable).take_snapshot();
    negotiation same{taken, r.mark};
    CHECK(same.set_local_offer(with(audio)).value()->origin.version == r.unchanged);
    negotiation other{taken, r.mark};
    CHECK(other.set_local_offer(with(audio + "a=inactive\n")).value()->origin.version == r.changed);
    REQUIRE(other.set_remote_answer(with(audio)));
    CHECK(other.set_local_offer(with(audio)).value()->origin.version
          == r.changed + 1); // by one again
    CHECK(other.local()->origin.address == "198.51.100.5");
    // The mark outlives a second restore before anything was sent.
    negotiation twice{negotiation{taken, r.mark}.take_snapshot(), 50};
    CHECK(twice.set_local_offer(with(audio)).value()->origin.version == r.unchanged);
  }
}

TEST_CASE("negotiation: a relayed call between two legs, offer and answer anchored",
          "[sdp][anchor]") {
  const local_media where_a{here, 20000, 20001}, where_b{here, 20002, 20003};
  negotiation a{make_origin(1, 1, here)}, b{make_origin(2, 1, here)};

  REQUIRE(a.set_remote_offer(with(audio + "a=crypto:1 x y\n" + video)));
  const auto to_b = b.set_local_offer(anchor(*a.pending(), where_b, b.local_origin()));
  REQUIRE(to_b);
  CHECK(remote_media(**to_b, 0)->rtp == ip_endpoint{here, 20002});
  REQUIRE(b.set_remote_answer(with(audio + "m=video 0 RTP/AVP 99\n", "192.0.2.2")));
  const auto to_a = a.set_local_answer(anchor(*b.remote(), where_a, a.local_origin()));
  REQUIRE(to_a);
  CHECK(remote_media(**to_a, 0)->rtp == ip_endpoint{here, 20000});
  CHECK(remote_media(**to_a, 1).error() == target_errc::rejected);

  // Hold by A, then retrieve: each changes what B is told by one version.
  REQUIRE(a.set_remote_offer(with(audio + "a=sendonly\n" + video)));
  CHECK(b.set_local_offer(anchor(*a.pending(), where_b, b.local_origin())).value()->origin.version
        == 2);
  REQUIRE(
      b.set_remote_answer(with(audio + "a=recvonly\n" + "m=video 0 RTP/AVP 99\n", "192.0.2.2")));
  CHECK(a.set_local_answer(anchor(*b.remote(), where_a, a.local_origin())).value()->origin.version
        == 2);
  CHECK(a.held_by_remote(0));
  CHECK(b.held_by_local(0));
}
