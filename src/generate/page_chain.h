#pragma once

#include "generate/event.h"
#include "generate/random.h"

namespace sparkify {

/// Which page comes after which, as often as in the real logs; rare ones are rounded. The ways to
/// Submit Upgrade and Submit Downgrade are not among them: who takes another level is planned.

/// The first page of a session.
Page draw_first_page(Random& random);
/// The page after `page` of somebody at `level`.
Page draw_next_page(Random& random, Page page, Level level);
/// The page after `page` of somebody who is not logged in.
Page draw_next_page_of_visitor(Random& random, Page page);

}  // namespace sparkify
