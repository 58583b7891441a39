#pragma once

#include "media/engine.hpp"
#include "media/settings.hpp"

#include <tl/expected.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tandem::media {

struct started_engine {
  std::unique_ptr<engine> media;
  std::vector<std::string> warnings; ///< sentences for the log: what was asked for and not given
};

/// Raises the limit of open files, binds the port pool and starts the workers; errors are sentences
/// that say what to set. The clock outlives the engine. Destroying the engine joins the workers, so
/// the sink is not called after that.
[[nodiscard]] tl::expected<started_engine, std::string>
start_socket_engine(const engine_settings&, const clock&, event_sink);

} // namespace tandem::media
