#pragma once

#include <cstdint>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/json_object.h"
#include "generate/population.h"

namespace sparkify {

/// Fills `object` with the 18 keys of a log record, in the order of the app's logs.
void write_event(const Event& event, const Population& population, const Catalogue& catalogue,
                 JsonObject& object);

/// Fills `object` with the 10 keys of a song record. `song_no` must be one with a record.
void write_song(std::int32_t song_no, const Catalogue& catalogue, JsonObject& object);

}  // namespace sparkify
