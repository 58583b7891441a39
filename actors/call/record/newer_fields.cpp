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

/// A pointer that our schema knows in one struct, with the struct or list of structs behind it.
struct known_pointer {
  std::uint32_t index = 0;
  std::optional<StructSchema> target; ///< none: text, data, or a list of those
  bool is_list = false;
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

/// Marks the bytes of the known fields with their bits; all alternatives of a union.
void mark(StructSchema schema, std::vector<kj::byte>& mask) {
  const auto mark_bits = [&mask](std::uint32_t first, std::uint32_t count) {
    mask.resize(std::max<std::size_t>(mask.size(), (first + count + 7) / 8));
    for (auto bit = first; bit < first + count; ++bit)
      mask[bit / 8] = static_cast<kj::byte>(mask[bit / 8] | 1U << bit % 8);
  };
  const auto node = schema.getProto().getStruct();
  if (node.getDiscriminantCount() > 0)
    mark_bits(node.getDiscriminantOffset() * 16, 16);
  for (const auto field : schema.getFields()) {
    if (field.getProto().isGroup())
      mark(field.getType().asStruct(), mask);
    else if (const auto bits = bits_of(field.getType().which()); bits > 0)
      mark_bits(field.getProto().getSlot().getOffset() * bits, bits);
  }
}

/// The known pointers of this struct, of unions those that are in force.
void add_pointers(StructSchema schema, AnyStruct::Reader from, std::vector<known_pointer>& out) {
  const auto node = schema.getProto().getStruct();
  const auto chosen = u16_at(from, node.getDiscriminantOffset());
  for (const auto field : schema.getFields()) {
    const auto of_union = field.getProto().getDiscriminantValue();
    if (of_union != capnp::schema::Field::NO_DISCRIMINANT && of_union != chosen)
      continue;
    const auto type = field.getType();
    if (field.getProto().isGroup()) {
      add_pointers(type.asStruct(), from, out);
      continue;
    }
    if (!is_pointer(type.which()))
      continue;
    known_pointer p{field.getProto().getSlot().getOffset(), {}, type.isList()};
    if (type.isStruct())
      p.target = type.asStruct();
    else if (type.isList() && type.asList().getElementType().isStruct())
      p.target = type.asList().getStructElementType();
    out.push_back(std::move(p));
  }
}

std::vector<known_pointer> pointers_of(StructSchema schema, AnyStruct::Reader from) {
  std::vector<known_pointer> out;
  add_pointers(schema, from, out);
  return out;
}

const known_pointer* find(const std::vector<known_pointer>& known, std::size_t index) {
  const auto found = std::ranges::find(known, index, &known_pointer::index);
  return found == known.end() ? nullptr : &*found;
}

class walker {
public:
  bool has_newer(StructSchema schema, AnyStruct::Reader from) {
    const auto& known = mask_of(schema);
    const auto data = from.getDataSection();
    for (std::size_t i = 0; i < data.size(); ++i)
      if ((data[i] & ~(i < known.size() ? known[i] : 0U)) != 0)
        return true;
    const auto ours = pointers_of(schema, from);
    const auto pointers = from.getPointerSection();
    for (unsigned i = 0; i < pointers.size(); ++i) {
      const auto* p = find(ours, i);
      if (p == nullptr && !pointers[i].isNull())
        return true;
      if (p != nullptr && p->target && !pointers[i].isNull() && has_newer(*p, pointers[i]))
        return true;
    }
    return false;
  }

  void merge(AnyPointer::Builder to, StructSchema schema, AnyStruct::Reader fresh,
             AnyStruct::Reader base) {
    const auto words = std::max(fresh.getDataSection().size(), base.getDataSection().size()) / 8;
    const auto count = std::max(fresh.getPointerSection().size(), base.getPointerSection().size());
    auto out =
        to.initAsAnyStruct(static_cast<std::uint16_t>(words), static_cast<std::uint16_t>(count));
    fill(out, schema, fresh, base);
  }

private:
  bool has_newer(const known_pointer& p, AnyPointer::Reader at) {
    if (!p.is_list)
      return has_newer(*p.target, at.getAs<AnyStruct>());
    const auto list = at.getAs<capnp::AnyList>().as<capnp::List<AnyStruct>>();
    for (unsigned i = 0; i < list.size(); ++i)
      if (has_newer(*p.target, list[i]))
        return true;
    return false;
  }

  void fill(AnyStruct::Builder out, StructSchema schema, AnyStruct::Reader fresh,
            AnyStruct::Reader base) {
    const auto& known = mask_of(schema);
    const auto now = fresh.getDataSection();
    const auto before = base.getDataSection();
    auto data = out.getDataSection();
    for (std::size_t i = 0; i < data.size(); ++i) {
      const unsigned ours = i < known.size() ? known[i] : 0U;
      const unsigned kept = i < before.size() ? before[i] & ~ours : 0U;
      data[i] = static_cast<kj::byte>((i < now.size() ? now[i] : 0U) | kept);
    }
    const auto ours = pointers_of(schema, fresh);
    const auto theirs = pointers_of(schema, base);
    const auto from = fresh.getPointerSection();
    const auto rest = base.getPointerSection();
    auto pointers = out.getPointerSection();
    for (unsigned i = 0; i < pointers.size(); ++i) {
      const auto* p = find(ours, i);
      if (p == nullptr) {
        if (i < rest.size() && find(theirs, i) == nullptr)
          pointers[i].set(rest[i]);
      } else if (i < from.size() && !from[i].isNull()) {
        copy(pointers[i], *p, from[i], i < rest.size() ? rest[i] : AnyPointer::Reader{});
      }
    }
  }

  void copy(AnyPointer::Builder to, const known_pointer& p, AnyPointer::Reader fresh,
            AnyPointer::Reader base) {
    if (!p.target || base.isNull())
      return to.set(fresh);
    if (!p.is_list)
      return merge(to, *p.target, fresh.getAs<AnyStruct>(), base.getAs<AnyStruct>());
    if (*p.target == capnp::Schema::from<Child>())
      return copy_children(to, fresh.getAs<capnp::List<Child>>(), base.getAs<capnp::List<Child>>());
    to.set(fresh);
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
      fill(AnyStruct::Builder{list[i]}, capnp::Schema::from<Child>(), now, before);
    }
  }

  const std::vector<kj::byte>& mask_of(StructSchema schema) {
    auto [at, is_new] = masks_.try_emplace(schema.getProto().getId());
    if (is_new)
      mark(schema, at->second);
    return at->second;
  }

  std::map<std::uint64_t, std::vector<kj::byte>> masks_; ///< by the schema's number of the struct
};

} // namespace

bool has_newer_fields(CallRecord::Reader record) {
  return walker{}.has_newer(capnp::Schema::from<CallRecord>(), record);
}

void write_with_newer_fields(capnp::AnyPointer::Builder to, CallRecord::Reader fresh,
                             CallRecord::Reader base) {
  walker{}.merge(to, capnp::Schema::from<CallRecord>(), fresh, base);
}

} // namespace tandem::actors
