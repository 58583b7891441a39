// What our schema knows of a struct is a mask of bits and a set of pointers; all the rest is of the
// future. Both are read from the schema itself, which is compiled in.
#include "actors/call/record/newer_fields.hpp"

#include <capnp/schema.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
#include <vector>

namespace tandem::actors {

namespace {

using capnp::AnyPointer;
using capnp::AnyStruct;
using capnp::StructSchema;
using type_kind = capnp::schema::Type::Which;

struct layout;

/// A pointer that our schema knows in one struct.
struct known_pointer {
  std::uint32_t index = 0;
  const layout* target = nullptr; ///< the struct behind it, or those of its list; null: neither
  bool is_list = false;
  /// Of a union: in force while the struct says so, in the 16 bits at this place.
  std::uint32_t chosen_at = 0;
  std::optional<std::uint16_t> chosen{};
};

/// What our schema knows of one struct.
struct layout {
  std::vector<kj::byte> mask; ///< the bits of its data
  std::vector<known_pointer> pointers;
};

std::uint32_t bits_of(type_kind kind) {
  switch (kind) {
    case type_kind::BOOL: return 1;
    case type_kind::INT8:
    case type_kind::UINT8: return 8;
    case type_kind::INT16:
    case type_kind::UINT16:
    case type_kind::ENUM: return 16;
    case type_kind::INT32:
    case type_kind::UINT32:
    case type_kind::FLOAT32: return 32;
    case type_kind::INT64:
    case type_kind::UINT64:
    case type_kind::FLOAT64: return 64;
    case type_kind::VOID:
    case type_kind::TEXT:
    case type_kind::DATA:
    case type_kind::LIST:
    case type_kind::STRUCT:
    case type_kind::INTERFACE:
    case type_kind::ANY_POINTER: break;
  }
  return 0;
}

bool is_pointer(type_kind kind) {
  return kind == type_kind::TEXT || kind == type_kind::DATA || kind == type_kind::LIST
         || kind == type_kind::STRUCT || kind == type_kind::ANY_POINTER;
}

std::uint16_t u16_at(AnyStruct::Reader from, std::uint32_t offset) {
  const auto data = from.getDataSection();
  std::uint16_t out = 0;
  if ((offset + 1) * sizeof out <= data.size())
    std::memcpy(&out, data.begin() + offset * sizeof out, sizeof out);
  return out;
}

/// Every struct of the schema that a record can hold.
class layouts {
public:
  layouts()
    : record(add(capnp::Schema::from<CallRecord>())), child(add(capnp::Schema::from<Child>())) {}

private:
  std::map<std::uint64_t, layout> all_; ///< by the schema's number of the struct

public:
  const layout& record;
  const layout& child;

private:
  const layout& add(StructSchema schema) {
    const auto [at, is_new] = all_.try_emplace(schema.getProto().getId());
    if (is_new)
      add_fields(schema, at->second, 0, {});
    return at->second;
  }

  /// Of the struct itself, or of a group in it.
  void add_fields(StructSchema schema, layout& to, std::uint32_t chosen_at,
                  std::optional<std::uint16_t> chosen) {
    const auto node = schema.getProto().getStruct();
    if (node.getDiscriminantCount() > 0)
      mark(to.mask, node.getDiscriminantOffset() * 16, 16);
    for (const auto field : schema.getFields()) {
      const auto proto = field.getProto();
      const bool of_union = proto.getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT;
      const auto where = of_union ? node.getDiscriminantOffset() : chosen_at;
      const auto which = of_union ? std::optional{proto.getDiscriminantValue()} : chosen;
      const auto type = field.getType();
      if (proto.isGroup())
        add_fields(type.asStruct(), to, where, which);
      else if (is_pointer(type.which()))
        to.pointers.push_back(
            {proto.getSlot().getOffset(), target_of(type), type.isList(), where, which});
      else if (const auto bits = bits_of(type.which()); bits > 0)
        mark(to.mask, proto.getSlot().getOffset() * bits, bits);
    }
  }

  const layout* target_of(capnp::Type type) {
    if (type.isStruct())
      return &add(type.asStruct());
    if (type.isList() && type.asList().getElementType().isStruct())
      return &add(type.asList().getStructElementType());
    return nullptr;
  }

  static void mark(std::vector<kj::byte>& mask, std::uint32_t first, std::uint32_t count) {
    mask.resize(std::max<std::size_t>(mask.size(), (first + count + 7) / 8));
    for (auto bit = first; bit < first + count; ++bit)
      mask[bit / 8] = static_cast<kj::byte>(mask[bit / 8] | 1U << bit % 8);
  }
};

const layouts& known() {
  static const layouts of_schema; // never changes
  return of_schema;
}

/// The known pointer at this place; of a union the one that is in force.
const known_pointer* find(const layout& of, AnyStruct::Reader in, std::uint32_t index) {
  for (const auto& p : of.pointers)
    if (p.index == index && (!p.chosen || u16_at(in, p.chosen_at) == *p.chosen))
      return &p;
  return nullptr;
}

bool has_newer(const layout& ours, AnyStruct::Reader from);

bool has_newer(const known_pointer& p, AnyPointer::Reader at) {
  if (!p.is_list)
    return has_newer(*p.target, at.getAs<AnyStruct>());
  const auto list = at.getAs<capnp::AnyList>().as<capnp::List<AnyStruct>>();
  for (unsigned i = 0; i < list.size(); ++i)
    if (has_newer(*p.target, list[i]))
      return true;
  return false;
}

bool has_newer(const layout& ours, AnyStruct::Reader from) {
  const auto data = from.getDataSection();
  for (std::size_t i = 0; i < data.size(); ++i)
    if ((data[i] & ~(i < ours.mask.size() ? ours.mask[i] : 0U)) != 0)
      return true;
  const auto pointers = from.getPointerSection();
  for (unsigned i = 0; i < pointers.size(); ++i) {
    const auto at = pointers[i];
    if (at.isNull())
      continue;
    const auto* p = find(ours, from, i);
    if (p == nullptr || (p->target != nullptr && has_newer(*p, at)))
      return true;
  }
  return false;
}

void fill(AnyStruct::Builder out, const layout& ours, AnyStruct::Reader fresh,
          AnyStruct::Reader base);

void merge(AnyPointer::Builder to, const layout& ours, AnyStruct::Reader fresh,
           AnyStruct::Reader base) {
  const auto words = std::max(fresh.getDataSection().size(), base.getDataSection().size()) / 8;
  const auto count = std::max(fresh.getPointerSection().size(), base.getPointerSection().size());
  fill(to.initAsAnyStruct(static_cast<std::uint16_t>(words), static_cast<std::uint16_t>(count)),
       ours, fresh, base);
}

/// Children come and go: one is known by its id, which is never used twice.
void copy_children(AnyPointer::Builder to, capnp::List<Child>::Reader fresh,
                   capnp::List<Child>::Reader base) {
  auto list = to.initAs<capnp::List<Child>>(fresh.size());
  for (unsigned i = 0; i < fresh.size(); ++i) {
    const auto now = fresh[i];
    auto before = now;
    for (const auto c : base)
      if (c.getId() == now.getId() && c.getRecord().which() == now.getRecord().which())
        before = c;
    fill(AnyStruct::Builder{list[i]}, known().child, now, before);
  }
}

void copy(AnyPointer::Builder to, const known_pointer& p, AnyPointer::Reader fresh,
          AnyPointer::Reader base) {
  if (p.target == nullptr || base.isNull())
    return to.set(fresh);
  if (!p.is_list)
    return merge(to, *p.target, fresh.getAs<AnyStruct>(), base.getAs<AnyStruct>());
  if (p.target == &known().child)
    return copy_children(to, fresh.getAs<capnp::List<Child>>(), base.getAs<capnp::List<Child>>());
  to.set(fresh);
}

void fill(AnyStruct::Builder out, const layout& ours, AnyStruct::Reader fresh,
          AnyStruct::Reader base) {
  const auto now = fresh.getDataSection();
  const auto before = base.getDataSection();
  auto data = out.getDataSection();
  for (std::size_t i = 0; i < data.size(); ++i) {
    const unsigned mask = i < ours.mask.size() ? ours.mask[i] : 0U;
    const unsigned kept = i < before.size() ? before[i] & ~mask : 0U;
    data[i] = static_cast<kj::byte>((i < now.size() ? now[i] : 0U) | kept);
  }
  const auto from = fresh.getPointerSection();
  const auto rest = base.getPointerSection();
  auto pointers = out.getPointerSection();
  for (unsigned i = 0; i < pointers.size(); ++i) {
    if (const auto* p = find(ours, fresh, i); p == nullptr) {
      if (i < rest.size() && find(ours, base, i) == nullptr)
        pointers[i].set(rest[i]);
    } else if (i < from.size() && !from[i].isNull()) {
      copy(pointers[i], *p, from[i], i < rest.size() ? rest[i] : AnyPointer::Reader{});
    }
  }
}

} // namespace

bool has_newer_fields(CallRecord::Reader record) {
  return has_newer(known().record, record);
}

void write_with_newer_fields(capnp::AnyPointer::Builder to, CallRecord::Reader fresh,
                             CallRecord::Reader base) {
  merge(to, known().record, fresh, base);
}

} // namespace tandem::actors
