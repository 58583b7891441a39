#pragma once

#include "media/kernel/kernel_flows.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

struct bpf_object;

namespace tandem::media {

/// The loaded program, its maps, and the filters by which interfaces run it. The filters end with
/// this object and stay when the process is killed.
class attachment {
public:
  [[nodiscard]] static tl::expected<attachment, std::string>
  make(const std::vector<std::string>& interfaces, const kernel_identity&);
  attachment(attachment&&) noexcept;
  attachment& operator=(attachment&&) noexcept;
  ~attachment();

  [[nodiscard]] int flows() const noexcept { return flows_; }
  [[nodiscard]] int alive() const noexcept { return alive_; }
  [[nodiscard]] bool has(int interface) const noexcept;

private:
  struct object_end {
    void operator()(bpf_object*) const noexcept;
  };
  attachment() = default;
  [[nodiscard]] tl::expected<void, std::string> attach(const std::string& interface, int index);
  void reuse_maps(int interface);

  std::unique_ptr<bpf_object, object_end> object_;
  std::uint32_t handle_ = 0; // of our filters, drawn from the identity
  int flows_ = -1, alive_ = -1;
  std::vector<int> interfaces_;
};

} // namespace tandem::media
