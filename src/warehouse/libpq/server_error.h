#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace sparkify::libpq {

/// What is at the other end. Both speak PostgreSQL's protocol.
enum class Product { postgres, redshift };

/// What a server said when it refused or failed a statement.
struct ServerMessage {
  std::string sqlstate;  ///< five characters; empty when libpq itself failed
  std::string text;      ///< the primary message
  std::string detail;    ///< may be empty
  std::string hint;      ///< may be empty
};

/// An error for the reader, with what to do about it.
///
/// `where`   The address of the server, for messages.
/// `role`    Who asked.
/// `product` Whose advice it is.
/// Kinds: `conflict` for what is worth trying again as a whole transaction (40001, 40P01, 55P03,
/// 57014: a serialization failure, a deadlock, a lock that was not had in time, a cancelled
/// statement), else `database`.
Error explain(const ServerMessage& message, std::string_view where, std::string_view role,
              Product product = Product::postgres);

/// The same for a statement that a user wrote: without advice on our tables; always `database`.
Error explain_user_sql(const ServerMessage& message, std::string_view where);

/// The same for an attempt to connect, of which libpq gives only a text. `text` may hold several
/// lines, one for each address that was tried.
Error explain_refused_connection(std::string_view text, std::string_view where,
                                 Product product = Product::postgres);

}  // namespace sparkify::libpq
