#pragma once

#include "config/configuration.hpp"
#include "config/table_reader.hpp"

namespace tandem {

// One function per table of the file. Each reports what is wrong to the reader's error list and
// returns what it could read; the result is of use only if the list stayed empty.

[[nodiscard]] node_settings read_node(table_reader, const std::filesystem::path& file);
[[nodiscard]] auth_settings read_auth(table_reader, bool has_users);
[[nodiscard]] sip_settings read_sip(table_reader);
[[nodiscard]] registrar_settings read_registrar(table_reader);
[[nodiscard]] restore_settings read_restore(table_reader);
[[nodiscard]] admin_settings read_admin(table_reader);
/// `sip` for what must fit: families and ports.
[[nodiscard]] media_settings read_media(table_reader, const sip_settings& sip);
[[nodiscard]] std::vector<user_settings> read_users(std::vector<table_reader>);
[[nodiscard]] std::vector<trunk_settings> read_trunks(std::vector<table_reader>);
[[nodiscard]] std::vector<route> read_routes(std::vector<table_reader>);

} // namespace tandem
