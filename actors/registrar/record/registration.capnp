@0xb1f3c2a7d45e6810;

# The bindings of one user (actors/registrar/record/registration_codec.hpp) as bytes. Rules: those
# of actors/call/record/call_record.capnp: numbers are never used again, times are remaining times
# in nanoseconds, endpoints are 4 or 16 bytes of address and 2 of port in network order.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("tandem::actors");

struct Registration {
  level @0 :UInt16;               # of this schema, from 1; higher than known: refused
  user @1 :Text;
  userAgent @2 :Text;             # of the last REGISTER
  bindings @3 :List(Binding);
  sinceRegister @4 :Int64;        # time since the last REGISTER
  # When this was written, for the copy on disk.
  bootId @5 :Text;
  writtenAt @6 :Int64;            # nanoseconds since boot, suspend included
  writtenWall @7 :Int64;          # nanoseconds since 1970
}

struct Binding {
  uri @0 :Text;
  callId @1 :Text;
  remaining @2 :Int64;
  grantedS @3 :UInt32;
  cseq @4 :UInt32;
  q @5 :UInt16 = 65535;           # thousandths; 65535: none
  transport @6 :UInt8;
  peer @7 :Data;                  # endpoint
  parameters @8 :Text;            # of the Contact, beside q and expires
}
