#pragma once

#include <array>
#include <span>
#include <string_view>

namespace sparkify {

/// The words that titles and artists' names are put together from; all UTF-8.

/// Beginnings and endings that give titles in one language, most of them not ASCII.
struct Tongue {
  std::array<std::string_view, 6> beginnings;
  std::array<std::string_view, 6> endings;
};

std::span<const std::string_view> adjectives();
std::span<const std::string_view> nouns();
std::span<const std::string_view> verbs();
std::span<const std::string_view> pronouns();
std::span<const std::string_view> prepositions();
/// Of words that do not exist.
std::span<const std::string_view> syllables();
std::span<const std::string_view> syllable_ends();
std::span<const Tongue> tongues();
/// Whole song titles that are hard on software: signs, quotes, blanks at the end.
std::span<const std::string_view> odd_titles();
/// Whole artist names of that kind.
std::span<const std::string_view> odd_artists();
std::span<const std::string_view> title_endings();
/// Endings of remixes and live versions, which get another length.
std::span<const std::string_view> remix_endings();

}  // namespace sparkify
