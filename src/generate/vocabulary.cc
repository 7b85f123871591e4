#include "generate/vocabulary.h"

#include <array>

namespace sparkify {

namespace {

using std::string_view;

constexpr auto kFirstNamesF = std::to_array<string_view>(
    {"Agnes",  "Bettina", "Carla",  "Dorothy", "Edith",  "Fiona",  "Greta",  "Hannah",
     "Ingrid", "Judith",  "Katrin", "Leonie",  "Miriam", "Nadine", "Olga",   "Paula",
     "Rhea",   "Sylvia",  "Tamara", "Ursula",  "Vera",   "Wanda",  "Yvonne", "Zelda"});
constexpr auto kFirstNamesM = std::to_array<string_view>(
    {"Albert",  "Bruno",  "Conrad", "Dennis", "Emil",   "Frank",  "Gregor", "Hugo",
     "Ivan",    "Jasper", "Karl",   "Leon",   "Martin", "Norman", "Otto",   "Pascal",
     "Quentin", "Rufus",  "Stefan", "Tobias", "Ulrich", "Viktor", "Walter", "Yannick"});
constexpr auto kLastNames = std::to_array<string_view>(
    {"Abbot",  "Barlow",   "Castle",  "Denham",      "Easton",       "Fairley",   "Garner",
     "Hollis", "Irwin",    "Jarvis",  "Keller",      "Lockwood",     "Mercer",    "Norwood",
     "O'Dell", "Prescott", "Quimby",  "Radley",      "Sutter",       "Thorne",    "Underhill",
     "Vance",  "Whitlock", "Yardley", "Smith-Lorne", "van der Berg", "St. Clair", "D'Arcy"});
constexpr auto kNamesOfTheWorld = std::to_array<NamePair>({{"Zoë", "Müller"},
                                                           {"Renée", "Lefèvre"},
                                                           {"Søren", "Ångström"},
                                                           {"Łucja", "Żółkiewska"},
                                                           {"Íñigo", "Núñez"},
                                                           {"Анна", "Кузнецова"},
                                                           {"Олексій", "Шевчук"},
                                                           {"Ελένη", "Παππά"},
                                                           {"יעל", "לוי"},
                                                           {"ليلى", "حداد"},
                                                           {"आशा", "शर्मा"},
                                                           {"小春", "山田"},
                                                           {"伟", "陈"},
                                                           {"서연", "김"},
                                                           {"Thảo", "Nguyễn"},
                                                           {"𠮷子", "𠮷野"}});
constexpr auto kUserPlaces =
    std::to_array<Place>({{"Boise, ID", 4361500, -11620230},
                          {"Duluth, MN", 4678670, -9210050},
                          {"El Paso, TX", 3176190, -10648500},
                          {"Spokane, WA", 4765880, -11742600},
                          {"Toledo, OH", 4166390, -8355520},
                          {"Savannah, GA", 3208090, -8109120},
                          {"Fargo, ND", 4687720, -9678980},
                          {"Mobile, AL", 3069540, -8803990},
                          {"Reno, NV", 3952960, -11981380},
                          {"Albany-Troy, NY", 4265260, -7375620},
                          {"Tulsa, OK", 3615400, -9599280},
                          {"Dayton-Kettering, OH", 3975890, -8419160},
                          {"Omaha-Council Bluffs, NE-IA", 4125650, -9593450},
                          {"Louisville, KY-IN", 3825270, -8575850},
                          {"Saint Paul, MN", 4495370, -9309000},
                          {"Honolulu, HI", 2130690, -15785830},
                          {"Coeur d'Alene, ID", 4767770, -11678050},
                          {"Mayagüez, PR", 1820110, -6713970},
                          {"Cañon City, CO", 3844100, -10524240}});
constexpr auto kArtistPlaces = std::to_array<Place>({{"Leeds, England", 5380080, -154910},
                                                     {"Bergen, Norway", 6039130, 532210},
                                                     {"Lyon, France", 4576400, 483570},
                                                     {"São Luís, Brazil", -253910, -4428290},
                                                     {"Düsseldorf", 5122770, 677350},
                                                     {"Adelaide, AU", -3492850, 13860070},
                                                     {"Kyoto 京都", 3501160, 13576810},
                                                     {"Dakar, Senegal", 1471670, -1746770},
                                                     {"Tallinn", 5943700, 2475360},
                                                     {"Tucson, AZ", 3222260, -11097470},
                                                     {"Null Island", 0, 0}});
constexpr auto kAdjectives = std::to_array<string_view>(
    {"Amber", "Borrowed", "Crooked", "Distant", "Electric",  "Faded",  "Golden",    "Hollow",
     "Idle",  "Jagged",   "Kind",    "Lonely",  "Midnight",  "Narrow", "Open",      "Paper",
     "Quiet", "Restless", "Silver",  "Tangled", "Unwritten", "Velvet", "Wandering", "Yellow"});
constexpr auto kNouns = std::to_array<string_view>(
    {"Anchors",  "Bridges", "Cinema",  "Daylight",  "Engines",  "Ferries", "Gardens", "Harbour",
     "Islands",  "Journey", "Kitchen", "Lanterns",  "Mirrors",  "Numbers", "Orchard", "Postcards",
     "Question", "Rivers",  "Seasons", "Telegraph", "Umbrella", "Valleys", "Windows", "Years"});
constexpr auto kOddTitles = std::to_array<string_view>({"Señorita Otoño",
                                                        "Déjà Là (Versión Única)",
                                                        "Þögn",
                                                        "Białe Żagle",
                                                        "Последний Трамвай",
                                                        "Το Καράβι",
                                                        "שיר קטן",
                                                        "مطر الصيف",
                                                        "夜の電車",
                                                        "서울의 밤",
                                                        "Party 🎉 Tonight",
                                                        "𝄞 Prelude",
                                                        "\"Quoted\" Love",
                                                        "Back\\Slash",
                                                        "Left/Right",
                                                        "Blank At The End ",
                                                        "Two  Blanks",
                                                        "Don\x19t Look Back",
                                                        "Tab\tStop",
                                                        "O\u0308 Combining",
                                                        "Robert'); DROP TABLE songs;--",
                                                        "<b>Bold</b> & Co.",
                                                        "100%",
                                                        "null"});
constexpr auto kOddArtists = std::to_array<string_view>(
    {"Los Años Perdidos", "Orchestre Élan/Chœur Éphémère", "Grün & Blau", "Электричка", "Η Παρέα",
     "月の庭", "فرقة النور", "The \"Air\" Quotes", "Slash/Burnt", "DJ 🐙", "N/A",
     "Trailing Blank "});
constexpr auto kTitleEndings = std::to_array<string_view>(
    {" (Album Version)", " (Single Edit)", " (2004 Digital Remaster)", " Part II"});
constexpr auto kRemixEndings = std::to_array<string_view>(
    {"", "", " (Remix)", " (Live)", " (Night Bus Mix)", " (Radio Edit)"});

}  // namespace

std::span<const string_view> first_names_f() { return kFirstNamesF; }
std::span<const string_view> first_names_m() { return kFirstNamesM; }
std::span<const string_view> last_names() { return kLastNames; }
std::span<const NamePair> names_of_the_world() { return kNamesOfTheWorld; }
std::span<const Place> user_places() { return kUserPlaces; }
std::span<const Place> artist_places() { return kArtistPlaces; }
std::span<const string_view> adjectives() { return kAdjectives; }
std::span<const string_view> nouns() { return kNouns; }
std::span<const string_view> odd_titles() { return kOddTitles; }
std::span<const string_view> odd_artists() { return kOddArtists; }
std::span<const string_view> title_endings() { return kTitleEndings; }
std::span<const string_view> remix_endings() { return kRemixEndings; }

}  // namespace sparkify
