#include "generate/event.h"

#include <array>
#include <cstddef>

namespace sparkify {

const PageForm& form_of(Page page) {
  static constexpr auto kForms = std::to_array<PageForm>({{"NextSong", "PUT", 200},
                                                          {"Home", "GET", 200},
                                                          {"Login", "PUT", 307},
                                                          {"Logout", "PUT", 307},
                                                          {"Settings", "GET", 200},
                                                          {"Save Settings", "PUT", 307},
                                                          {"Upgrade", "GET", 200},
                                                          {"Submit Upgrade", "PUT", 307},
                                                          {"Downgrade", "GET", 200},
                                                          {"Submit Downgrade", "PUT", 307},
                                                          {"Help", "GET", 200},
                                                          {"About", "GET", 200},
                                                          {"Error", "GET", 404}});
  return kForms[static_cast<std::size_t>(page)];
}

}  // namespace sparkify
