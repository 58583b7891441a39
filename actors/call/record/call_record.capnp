@0x9e063c56d11aba57;

# The durable part of one call (actors/call/snapshots.hpp) as bytes: what a commit writes and a
# restore reads, on this node or another, in this version or the next.
#
# Rules: a number (@n) is never used again nor changed in type. A new field gets the next number, a
# default that means "as before", and a higher level in the root. Times are remaining times in
# nanoseconds. Endpoints are 4 or 16 bytes of address and 2 of port, all in network order; none is
# 0.0.0.0:0. UInt16s that name children are child_ids; those that name a message, buffer or session
# count from 1 in the lists of the root, 0 is none.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tandem::actors");

struct CallRecord {
  level @0 :UInt16;               # of this schema, from 1; higher than known: refused
  nextChild @1 :UInt16;
  nextBranch @2 :UInt32;
  children @3 :List(Child);
  messages @4 :List(Data);        # what several children hold is here once
  buffers @5 :List(Data);
  sessions @6 :List(Session);
  root @7 :Root;
}

# What the call knows beside its children. Wall times are nanoseconds since 1970, UTC.
struct Root {
  age @0 :Int64;
  startedWall @1 :Int64;          # 0: not known
  firstCseq @2 :Int64 = -1;       # -1: none yet
  talking @3 :Int64 = -9223372036854775808;      # for @3 and @4: not answered
  answeredWall @4 :Int64 = -9223372036854775808;
  cause @5 :EndCause;             # @5 to @9: call_account
  by @6 :EndedBy = node;
  status @7 :UInt16;
  callee @8 :UInt8 = 255;         # number of a leg; 255: none
  refusal @9 :EndCause;
  legs @10 :List(LegDetail);
  over @11 :Ending;               # null: a leg is not over
  quarantined @12 :List(Match);
  faults @13 :UInt32;
  media @14 :MediaPath;

  enum MediaPath {
    anchored @0;
    direct @1;                    # from phone to phone: no leg has a media endpoint
  }
  enum EndedBy {
    callingParty @0;
    calledParty @1;
    node @2;
    console @3;
  }
  struct LegDetail {
    name @0 :Text;
    incoming @1 :Bool;
    remote @2 :Text;
    packetsIn @3 :UInt64;
    packetsOut @4 :UInt64;
    lost @5 :Int64;
  }
  struct Ending {
    wall @0 :Int64;
    length @1 :Int64;
    from @2 :Text;
    to @3 :Text;
    app @4 :Text;
  }
  struct Match {                  # transaction_match
    role @0 :Transaction.Role;
    method @1 :Method;
    branch @2 :Text;
    sentBy @3 :Text;
  }
}

struct Child {
  id @0 :UInt16;
  parent @1 :UInt16;
  name @2 :Text;
  record :union {
    app @3 :App;
    incomingLeg @4 :IncomingLeg;
    outgoingLeg @5 :OutgoingLeg;
    dialog @6 :Dialog;
    transaction @7 :Transaction;
    mediaEndpoint @8 :MediaEndpoint;
  }
}

struct Flow {
  transport @0 :UInt8;
  peer @1 :Data;                  # endpoint
}

# ---------------------------------------------------------------------------------- application

struct App {
  app @0 :Text;
  from @1 :Text;                  # @1 to @5: incoming_call
  to @2 :Text;
  user @3 :Text;
  target @4 :Text;
  route @5 :Text;
  callerIdentity @6 :Text;
  saved @7 :Data;
  legs @8 :List(LegRow);
  timers @9 :List(TimerRow);
  nextTimer @10 :UInt32;
  maxForwards @11 :UInt8 = 70;    # @11, @12: incoming_call
  contacts @12 :List(Contact);

  struct Contact {
    uri @0 :Text;
    reachedBy @1 :Flow;           # null: not known
    qThousandths @2 :UInt16 = 1000;
  }
  struct LegRow {
    leg @0 :UInt16;
    endpoint @1 :UInt16;
    incoming @2 :Bool;
    ended @3 :Bool;
    description @4 :UInt16;       # session
    partner @5 :UInt8 = 255;      # number of a leg; 255: none
    asking @6 :Bool;
    offered @7 :UInt16;           # session
  }
  struct TimerRow {
    number @0 :UInt32;
    remaining @1 :Int64;
  }
}

# ----------------------------------------------------------------------------------------- legs

enum EndCause {
  none @0;                        # the leg is not over
  bye @1;
  hungUp @2;
  cancelled @3;
  rejected @4;
  noAnswer @5;
  noResponse @6;
  unreachable @7;
  ackTimeout @8;
  rtpTimeout @9;
  answeredElsewhere @10;
  operatorRequest @11;
  failure @12;
  sessionExpired @13;
  dialogGone @14;
  badDescription @15;
}

struct Change {
  theirs @0 :Theirs;
  ours @1 :Ours;
  echo @2 :Bool;
  dialog @3 :UInt16;

  enum Theirs {
    none @0;
    offer @1;
    request @2;
    lateAnswer @3;
  }
  enum Ours {
    none @0;
    offer @1;
    refresh @2;
    request @3;
    heldAck @4;
  }
}

struct IncomingLeg {
  number @0 :UInt8;
  state @1 :State;
  byeWanted @2 :Bool;
  cause @3 :EndCause;
  media @4 :LegMedia;
  invite @5 :UInt16;
  dialog @6 :UInt16;
  request @7 :UInt16;             # message
  source @8 :Data;                # endpoint
  transport @9 :UInt8;
  offer @10 :UInt16;              # session
  status @11 :UInt16;
  settled @12 :Bool;
  change @13 :Change;

  enum State {
    proceeding @0;
    accepted @1;
    established @2;
    ending @3;
    ended @4;
  }
}

struct OutgoingLeg {
  number @0 :UInt8;
  state @1 :State;
  cause @2 :EndCause;
  timerNoAnswer @3 :Int64 = -9223372036854775808; # for all timers: not running
  timerCancel @4 :Int64 = -9223372036854775808;
  media @5 :LegMedia;
  mediaWith @6 :UInt16;
  invite @7 :UInt16;
  dialogs @8 :List(Branch);
  answeredTag @9 :Text;
  to @10 :Text;
  from @11 :Text;
  transport @12 :UInt8;
  peer @13 :Data;                 # endpoint
  offer @14 :UInt16;              # session
  status @15 :UInt16;
  settled @16 :Bool;
  maxForwards @17 :UInt8 = 70;
  by @18 :Flow;                   # null: none
  cseq @19 :UInt32 = 1;
  login @20 :Login;
  change @21 :Change;
  minSeS @22 :UInt32;

  enum State {
    calling @0;
    proceeding @1;
    cancelling @2;
    established @3;
    ending @4;
    ended @5;
  }
  struct Branch {
    remoteTag @0 :Text;
    dialog @1 :UInt16;
    releasing @2 :Bool;
  }
}

# What we answered to challenges.
struct Login {
  server @0 :Side;                # 401
  proxy @1 :Side;                 # 407

  struct Side {
    nonce @0 :Text;
    credentials @1 :Text;
    answered @2 :UInt8;
  }
}

struct LegMedia {
  endpoint @0 :UInt16;            # of the audio
  slot @1 :Slot;                  # null: none
  negotiation @2 :Negotiation;
  video @3 :List(Stream);

  struct Stream {
    section @0 :UInt8;            # which m= line, from 0
    endpoint @1 :UInt16;
    rtp @2 :Data;                 # endpoints
    rtcp @3 :Data;
  }
}

# --------------------------------------------------------------------------- session description

enum IpFamily {
  v4 @0;
  v6 @1;
}

struct Negotiation {
  username @0 :Text;              # @0 to @4: our o= line
  sessionId @1 :UInt64;
  version @2 :UInt64;
  family @3 :IpFamily;
  address @4 :Text;
  nextVersionAtLeast @5 :UInt64;
  state @6 :State;
  local @7 :UInt16;               # sessions
  remote @8 :UInt16;
  pending @9 :UInt16;
  unagreed @10 :UInt16;

  enum State {
    stable @0;
    localOffer @1;
    remoteOffer @2;
  }
}

# Not the text of the SDP: written again it can be longer than what a parser takes (CRLF for LF,
# lines that were missing), and a call must not be lost by that.
struct Session {
  # The strings of the description one behind the other, in this order; x? may be absent:
  #   o= user name, o= address, s=, c= address?,
  #   then per line of i=, u=, e=, p=: letter, value; per b=: type, value;
  #   per line of t=, r=, z=: letter, value; per a=: name, value?;
  #   then per m=: kind, proto, formats, i= ?, c= address?, per b= type, value, per a= name, value?
  text @0 :Data;
  lengths @1 :List(UInt16);       # of these strings; 65535: absent
  sessionId @2 :UInt64;
  version @3 :UInt64;
  originFamily @4 :IpFamily;
  connectionFamily @5 :IpFamily;
  descriptive @6 :UInt16;         # @6 to @9: number of lines
  bandwidths @7 :UInt16;
  timing @8 :UInt16;
  attributes @9 :UInt16;
  media @10 :List(Media);

  struct Media {
    port @0 :UInt16;
    portCount @1 :UInt16;
    formats @2 :UInt16;           # @2, @4, @5: number of them
    connectionFamily @3 :IpFamily;
    bandwidths @4 :UInt16;
    attributes @5 :UInt16;
  }
}

# --------------------------------------------------------------------------------------- dialog

struct Dialog {
  callId @0 :Text;                # @0 to @11: sip::dialog
  localTag @1 :Text;
  remoteTag @2 :Text;
  local @3 :Text;
  remote @4 :Text;
  remoteTarget @5 :Text;
  routeSet @6 :List(Text);
  localCseq @7 :UInt32;
  localInviteCseq @8 :UInt32;
  remoteCseq @9 :Int64 = -1;      # -1: none yet
  remoteInviteCseq @10 :Int64 = -1;
  secure @11 :Bool;
  state @12 :State;

  role @13 :Role;                 # @13 to @19: sip::invite_usage
  usage @14 :Usage;
  ackSent @15 :Bool;
  resendInterval @16 :Int64;
  timerAck @17 :Int64 = -9223372036854775808;
  timerResend @18 :Int64 = -9223372036854775808;
  timerRinging @19 :Int64 = -9223372036854775808;

  leg @20 :UInt16;
  transport @21 :UInt8;
  peer @22 :Data;                 # endpoint
  contact @23 :Text;
  invite @24 :UInt16;
  kept @25 :UInt16;               # buffer
  ackDestination @26 :Data;       # endpoint
  inviteLogin @27 :Login;
  login @28 :Login;
  ack @29 :UInt16;                # buffer
  bye @30 :UInt16;

  exchangeRole @31 :ExchangeRole; # @31 to @36: sip::session_exchange
  ours @32 :Ours;
  theirs @33 :Theirs;
  attempts @34 :UInt8;
  timerPrompt @35 :Int64 = -9223372036854775808;
  timerRetry @36 :Int64 = -9223372036854775808;

  intervalS @37 :UInt32;          # @37 to @41: sip::session_timer
  raisedS @38 :UInt32;
  refresher @39 :Refresher;
  timerExpiry @40 :Int64 = -9223372036854775808;
  timerRefresh @41 :Int64 = -9223372036854775808;

  allowsUpdate @42 :Bool;
  offered @43 :Pending;
  offerByUpdate @44 :Bool;        # @44 to @46: our offer
  offerDescription @45 :Text;
  offerTransaction @46 :UInt16;
  refresh @47 :UInt16;
  relays @48 :List(Relay);
  ackHeld @49 :Bool;
  offerHeard @50 :Bool;

  enum State {
    early @0;
    confirmed @1;
    terminated @2;
  }
  enum Role {
    uas @0;
    uac @1;
  }
  enum ExchangeRole {
    uas @0;
    uac @1;
  }
  enum Ours {
    none @0;
    waiting @1;
    invite @2;
    update @3;
  }
  enum Theirs {
    none @0;
    invite @1;
    answered @2;
    update @3;
  }
  enum Refresher {
    nobody @0;
    us @1;
    peer @2;
  }
  struct Pending {
    message @0 :UInt16;           # message
    source @1 :Data;              # endpoint
    transaction @2 :UInt16;
  }
  struct Relay {
    asked @0 :Pending;
    answerTo @1 :UInt16;
    like @2 :UInt16;              # message
    login @3 :Login;
  }
  enum Usage {
    early @0;
    answered @1;
    established @2;
    leaving @3;
    terminated @4;
  }
}

# ---------------------------------------------------------------------------------- transaction

enum Method {
  invite @0;
  ack @1;
  bye @2;
  cancel @3;
  options @4;
  register @5;
  prack @6;
  subscribe @7;
  notify @8;
  publish @9;
  info @10;
  refer @11;
  message @12;
  update @13;
  unknown @14;
}

struct Transaction {
  role @0 :Role;                  # @0 to @3: transaction_match
  method @1 :Method;
  branch @2 :Text;
  sentBy @3 :Text;
  user @4 :UInt16;
  transport @5 :UInt8;
  peer @6 :Data;                  # endpoint
  request @7 :UInt16;             # message
  last @8 :UInt16;                # buffer
  summary @9 :Text;
  carrier @10 :Carrier;
  machine :union {
    inviteServer :group {
      state @11 :InviteServerState;
      responded @12 :Bool;
      gInterval @13 :Int64;
      timerH @14 :Int64 = -9223372036854775808;
      timerI @15 :Int64 = -9223372036854775808;
      timerL @16 :Int64 = -9223372036854775808;
      timerG @17 :Int64 = -9223372036854775808;
      timerTrying @18 :Int64 = -9223372036854775808;
    }
    inviteClient :group {
      state @19 :InviteClientState;
      aInterval @20 :Int64;
      timerB @21 :Int64 = -9223372036854775808;
      timerD @22 :Int64 = -9223372036854775808;
      timerM @23 :Int64 = -9223372036854775808;
      timerCancelled @24 :Int64 = -9223372036854775808;
      timerA @25 :Int64 = -9223372036854775808;
    }
    nonInviteServer :group {
      state @26 :NonInviteState;
      timerJ @27 :Int64 = -9223372036854775808;
    }
    nonInviteClient :group {
      state @28 :NonInviteState;
      eInterval @29 :Int64;
      timerF @30 :Int64 = -9223372036854775808;
      timerK @31 :Int64 = -9223372036854775808;
      timerE @32 :Int64 = -9223372036854775808;
    }
  }

  enum Role {
    client @0;
    server @1;
  }
  enum Carrier {
    unreliable @0;
    reliable @1;
  }
  enum InviteServerState {
    proceeding @0;
    accepted @1;
    completed @2;
    confirmed @3;
    terminated @4;
  }
  enum InviteClientState {
    calling @0;
    proceeding @1;
    accepted @2;
    completed @3;
    terminated @4;
  }
  enum NonInviteState {
    trying @0;
    proceeding @1;
    completed @2;
    terminated @3;
  }
}

# ---------------------------------------------------------------------------------------- media

struct SlotId {
  worker @0 :UInt16;
  index @1 :UInt32;
  generation @2 :UInt32;
}

struct Slot {
  worker @0 :UInt16;              # @0 to @2: its id
  index @1 :UInt32;
  generation @2 :UInt32;
  rtp @3 :Data;                   # endpoints
  rtcp @4 :Data;
}

struct MediaEndpoint {
  leg @0 :UInt16;
  peer @1 :UInt16;
  family @2 :IpFamily;
  slot @3 :Slot;                  # null: none
  connected @4 :SlotId;           # null: to none
  echo @5 :Bool;
  remote @6 :Remote;              # null: not known yet
  source @7 :Data;                # endpoint that the stream has locked to
  ssrc @8 :UInt32;                # of the stream from there
  received @9 :UInt64;            # packets, as of the commit
  sent @10 :UInt64;
  lost @11 :Int64;

  enum Direction {
    sendReceive @0;
    sendOnly @1;
    receiveOnly @2;
    inactive @3;
  }
  struct Remote {
    slot @0 :SlotId;
    rtp @1 :Data;                 # endpoints
    rtcp @2 :Data;
    allowed @3 :Direction;
    clockRateHz @4 :UInt32;
  }
}
