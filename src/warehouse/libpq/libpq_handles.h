#pragma once

// Only for the .cc files of this folder: it brings libpq's header in.

#include <libpq-fe.h>

#include "base/handle.h"

namespace sparkify::libpq {

inline void finish_connection(PGconn** raw) { PQfinish(*raw); }
inline void clear_result(PGresult** raw) { PQclear(*raw); }
inline void free_cancel(PGcancel** raw) { PQfreeCancel(*raw); }
inline void free_parameters(PQconninfoOption** raw) { PQconninfoFree(*raw); }

using ConnectionHandle = Handle<PGconn*, finish_connection>;
using ResultHandle = Handle<PGresult*, clear_result>;
using CancelHandle = Handle<PGcancel*, free_cancel>;
using ParameterList = Handle<PQconninfoOption*, free_parameters>;

}  // namespace sparkify::libpq
