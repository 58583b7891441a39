// What the call itself knows, written and read.
#include "actors/call/record/root_codec.hpp"

#include "actors/call/record/record_reader.hpp"
#include "actors/call/record/wire_values.hpp"

namespace tandem::actors {

namespace {

constexpr std::uint8_t no_callee = 255;

void write_account(const call_account& a, Root::Builder to) {
  const auto& [answered, cause, by, status, callee, refusal] = a;
  if (answered)
    to.setAnsweredWall(ns(*answered));
  to.setCause(cause_of(cause));
  to.setBy(to_wire(by));
  to.setStatus(status);
  to.setCallee(callee.value_or(no_callee));
  to.setRefusal(cause_of(refusal));
}

} // namespace

void write_root(const call_root& r, Root::Builder to) {
  const auto& [age, started, first_cseq, talking, account, legs, over, quarantined, faults, media] =
      r;
  to.setAge(ns(age));
  to.setStartedWall(ns(started));
  to.setFirstCseq(number(first_cseq));
  to.setTalking(ns(talking));
  write_account(account, to);
  auto rows = to.initLegs(count(legs));
  for (unsigned i = 0; i < rows.size(); ++i) {
    const auto& [name, incoming, remote, packets_in, packets_out, lost] = legs[i];
    rows[i].setName(text(name));
    rows[i].setIncoming(incoming);
    rows[i].setRemote(text(remote));
    rows[i].setPacketsIn(packets_in);
    rows[i].setPacketsOut(packets_out);
    rows[i].setLost(lost);
  }
  if (over) {
    const auto& [at, length, from, target, app] = *over;
    auto ending = to.initOver();
    ending.setWall(ns(at));
    ending.setLength(ns(length));
    ending.setFrom(text(from));
    ending.setTo(text(target));
    ending.setApp(text(app));
  }
  auto matches = to.initQuarantined(count(quarantined));
  for (unsigned i = 0; i < matches.size(); ++i) {
    const auto& [who, method, branch, sent_by] = quarantined[i];
    matches[i].setRole(to_wire(who));
    matches[i].setMethod(to_wire(method));
    matches[i].setBranch(text(branch));
    matches[i].setSentBy(text(sent_by));
  }
  to.setFaults(faults);
  to.setMedia(to_wire(media));
}

call_root record_reader::read(Root::Reader from) {
  call_root r;
  r.age = time(from.getAge());
  r.started = wall(from.getStartedWall());
  r.first_cseq = cseq(from.getFirstCseq());
  r.talking = timer(from.getTalking());
  r.account = read_account(from);
  if (const auto legs = from.getLegs(); bounded(legs, limits::legs_per_call, "legs"))
    for (const auto row : legs)
      r.legs.push_back({text(row.getName()), row.getIncoming(), text(row.getRemote()),
                        row.getPacketsIn(), row.getPacketsOut(), row.getLost()});
  if (from.hasOver()) {
    const auto ending = from.getOver();
    r.over = {wall(ending.getWall()), time(ending.getLength()), text(ending.getFrom()),
              text(ending.getTo()), text(ending.getApp())};
  }
  if (const auto matches = from.getQuarantined();
      bounded(matches, limits::quarantined_per_call, "requests set aside"))
    for (const auto m : matches)
      r.quarantined.push_back({as<transaction_match::role>(m.getRole()),
                               as<sip::method>(m.getMethod()), text(m.getBranch()),
                               text(m.getSentBy())});
  r.faults = from.getFaults();
  r.media = as<media_path>(from.getMedia());
  return r;
}

call_account record_reader::read_account(Root::Reader from) {
  call_account a;
  if (const auto at = from.getAnsweredWall(); at != not_running)
    a.answered = wall(at);
  a.cause = cause(from.getCause());
  a.by = as<ended_by>(from.getBy());
  a.status = from.getStatus();
  if (const auto leg = from.getCallee(); leg != no_callee)
    a.callee = leg;
  a.refusal = cause(from.getRefusal());
  return a;
}

} // namespace tandem::actors
