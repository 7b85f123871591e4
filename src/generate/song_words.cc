#include "generate/song_words.h"

namespace sparkify {

namespace {

using std::string_view;

constexpr auto kAdjectives = std::to_array<string_view>(
    {"Amber",    "Ancient",   "Bitter",    "Blue",      "Borrowed",  "Broken",   "Burning",
     "Careless", "Cold",      "Crooked",   "Crystal",   "Dancing",   "Dark",     "Distant",
     "Dizzy",    "Drunken",   "Electric",  "Empty",     "Endless",   "Faded",    "Fallen",
     "Familiar", "Final",     "Foreign",   "Frozen",    "Gentle",    "Golden",   "Gray",
     "Half",     "Happy",     "Hidden",    "Hollow",    "Holy",      "Honest",   "Hungry",
     "Idle",     "Innocent",  "Invisible", "Jagged",    "Kind",      "Lazy",     "Little",
     "Lonely",   "Long",      "Lost",      "Lucky",     "Mad",       "Midnight", "Modern",
     "Narrow",   "Neon",      "New",       "Northern",  "Old",       "Only",     "Open",
     "Ordinary", "Other",     "Paper",     "Perfect",   "Plastic",   "Quiet",    "Rainy",
     "Reckless", "Red",       "Restless",  "Rusty",     "Sacred",    "Secret",   "Seventh",
     "Silent",   "Silver",    "Simple",    "Sleepless", "Slow",      "Southern", "Stolen",
     "Strange",  "Sudden",    "Sweet",     "Tangled",   "Temporary", "Tired",    "Tiny",
     "Twisted",  "Unwritten", "Velvet",    "Wandering", "Warm",      "Wasted",   "White",
     "Wicked",   "Wild",      "Winter",    "Wooden",    "Yellow",    "Young"});
constexpr auto kNouns = std::to_array<string_view>(
    {"Airplane",   "Alley",    "Anchor",     "Angel",      "Animal",    "Answer",    "Apartment",
     "April",      "Arrow",    "Autumn",     "Avenue",     "Balcony",   "Ballroom",  "Bell",
     "Birthday",   "Blanket",  "Boat",       "Bone",       "Border",    "Bridge",    "Brother",
     "Butterfly",  "Cage",     "Candle",     "Caravan",    "Carousel",  "Castle",    "Ceiling",
     "Chain",      "Child",    "Choir",      "Cinema",     "Circus",    "City",      "Clock",
     "Cloud",      "Coast",    "Coffee",     "Compass",    "Corner",    "Country",   "Crown",
     "Curtain",    "Daughter", "Daylight",   "December",   "Desert",    "Devil",     "Diamond",
     "Doctor",     "Door",     "Dream",      "Drum",       "Echo",      "Elevator",  "Engine",
     "Evening",    "Eye",      "Factory",    "Fairground", "Father",    "Ferry",     "Fever",
     "Field",      "Fire",     "Flag",       "Flood",      "Flower",    "Forest",    "Friend",
     "Garden",     "Ghost",    "Giant",      "Girl",       "Glass",     "Gravity",   "Guitar",
     "Hammer",     "Harbour",  "Heart",      "Highway",    "Holiday",   "Honey",     "Horizon",
     "Horse",      "Hotel",    "House",      "Hunter",     "Island",    "Jacket",    "Journey",
     "Jungle",     "Key",      "King",       "Kingdom",    "Kitchen",   "Ladder",    "Lantern",
     "Letter",     "Liar",     "Lighthouse", "Lightning",  "Line",      "Lion",      "Love",
     "Machine",    "Magnet",   "March",      "Market",     "Mask",      "Memory",    "Message",
     "Mile",       "Mirror",   "Moment",     "Monday",     "Moon",      "Morning",   "Motel",
     "Mother",     "Mountain", "Mouth",      "Music",      "Name",      "Neighbor",  "Night",
     "Novel",      "Number",   "Ocean",      "Orchard",    "Orchid",    "Parade",    "Passenger",
     "Photograph", "Piano",    "Picture",    "Pilot",      "Pirate",    "Planet",    "Pocket",
     "Postcard",   "Preacher", "Prince",     "Promise",    "Puzzle",    "Queen",     "Question",
     "Radio",      "Railroad", "Rain",       "Raven",      "Reason",    "Record",    "Ribbon",
     "River",      "Road",     "Rocket",     "Roof",       "Room",      "Rose",      "Sailor",
     "Satellite",  "Saturday", "School",     "Season",     "Shadow",    "Shelter",   "Shore",
     "Signal",     "Sister",   "Sky",        "Smile",      "Smoke",     "Snow",      "Soldier",
     "Song",       "Sparrow",  "Spider",     "Spring",     "Staircase", "Star",      "Station",
     "Statue",     "Stone",    "Storm",      "Stranger",   "Street",    "Suitcase",  "Summer",
     "Sunday",     "Sunset",   "Surface",    "Taxi",       "Telegraph", "Telephone", "Television",
     "Temple",     "Thief",    "Thunder",    "Tiger",      "Tower",     "Train",     "Treasure",
     "Tree",       "Trouble",  "Tunnel",     "Umbrella",   "Valley",    "Village",   "Violin",
     "Voice",      "Wagon",    "Waltz",      "Water",      "Weather",   "Wedding",   "Weekend",
     "Whisper",    "Window",   "Winter",     "Wire",       "Witness",   "Wolf",      "Woman",
     "World",      "Year"});
constexpr auto kVerbs = std::to_array<string_view>(
    {"Back",   "Belong", "Borrow",  "Break",  "Bring",   "Build",  "Burn",  "Call",     "Carry",
     "Chase",  "Climb",  "Close",   "Come",   "Count",   "Cross",  "Cry",   "Dance",    "Drift",
     "Drive",  "Drown",  "Fade",    "Fall",   "Feel",    "Fight",  "Find",  "Float",    "Fly",
     "Follow", "Forget", "Forgive", "Get",    "Give",    "Go",     "Grow",  "Hide",     "Hold",
     "Hurry",  "Keep",   "Kiss",    "Know",   "Laugh",   "Lead",   "Learn", "Leave",    "Let",
     "Lie",    "Listen", "Live",    "Look",   "Lose",    "Make",   "Meet",  "Move",     "Need",
     "Open",   "Paint",  "Play",    "Pray",   "Promise", "Pull",   "Push",  "Remember", "Ride",
     "Rise",   "Run",    "Sail",    "Save",   "Say",     "Scream", "Send",  "Shake",    "Shine",
     "Sing",   "Sit",    "Sleep",   "Stand",  "Stay",    "Steal",  "Swim",  "Take",     "Talk",
     "Tell",   "Think",  "Throw",   "Travel", "Try",     "Turn",   "Wait",  "Wake",     "Walk",
     "Want",   "Watch",  "Whisper", "Wish",   "Wonder",  "Write"});
constexpr auto kPronouns = std::to_array<string_view>(
    {"Me", "You", "Us", "It", "Them", "Him", "Her", "Somebody", "Everyone", "Nobody"});
constexpr auto kPrepositions = std::to_array<string_view>(
    {"Of", "In", "On", "Under", "Over", "Behind", "Beyond", "Without", "Into", "Through", "From",
     "For", "After", "Before", "Like", "Against", "Beside", "Across"});
constexpr auto kSyllables = std::to_array<string_view>(
    {"ba", "be", "bo", "da", "de", "do", "fa", "fi", "ga", "go", "ka", "ki", "ko", "la",
     "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "no", "pa", "pe", "ra", "re",
     "ri", "ro", "sa", "se", "so", "ta", "te", "ti", "to", "va", "ve", "vo", "za", "zo"});
constexpr auto kSyllableEnds =
    std::to_array<string_view>({"n", "r", "s", "l", "x", "nd", "th", "m", "ck"});
constexpr auto kTongues = std::to_array<Tongue>(
    {{{"Señorita", "Corazón", "Canción", "Mañana", "São João", "Otoño"},
      {" De Papel", " Perdida", " En La Niebla", " Del Año", " Sin Dueño", " (Versión Única)"}},
     {{"Déjà", "L'Été", "Rêve", "Forêt", "À Côté", "Mélodie"},
      {" Là", " D'Août", " Éphémère", " Du Café", " En Février", " Sans Toi"}},
     {{"Größer", "Mädchen", "Übers Meer", "Frühling", "Straße", "Träume"},
      {" Im Mai", " Aus Glas", " Für Immer", " Und Regen", " Am Abend", " Ohne Ende"}},
     {{"Þögn", "Vår", "Måne", "Søndag", "Ljósið", "Hjärta"},
      {" I Snö", " Og Hav", " Á Morgun", " På Landet", " Uden Ord", ""}},
     {{"Białe", "Noc", "Řeka", "Město", "Cień", "Żółty"},
      {" Żagle", " W Mieście", " Ticho", " Bez Słów", " I Wiatr", " Dzień"}},
     {{"Последний", "Белый", "Ночной", "Старый", "Тихий", "Пустой"},
      {" Трамвай", " Город", " Снег", " Поезд", " Дом", " Берег"}},
     {{"Το Καράβι", "Η Νύχτα", "Ένα Τραγούδι", "Η Θάλασσα", "Ο Δρόμος", "Το Φεγγάρι"},
      {"", " Του Νότου", " Μου", " Της Αυγής", " Και Εσύ", " Μακριά"}},
     {{"שיר", "לילה", "חלון", "דרך", "ים", "בוקר"},
      {" קטן", " שקט", " ישן", " של אור", " רחוק", " אחרון"}},
     {{"مطر", "قمر", "ليل", "طريق", "بحر", "صوت"},
      {" الصيف", " المدينة", " البعيد", " الغياب", " الصباح", " قديم"}},
     {{"रात", "चाँद", "बारिश", "सपना", "दिल", "नदी"},
      {" की बात", " का गीत", " के पार", " में", "", " और हम"}},
     {{"夜", "雨", "夏", "海", "星", "春"},
      {"の電車", "の手紙", "の歌", "のワルツ", "を待つ", "と猫"}},
     {{"月光", "城市", "昨天", "远方", "秋天", "河流"},
      {"的歌", "之梦", "里的人", "下", "的信", ""}},
     {{"서울", "바다", "겨울", "나비", "비밀", "새벽"},
      {"의 밤", " 노래", " 편지", "에서", " 이야기", "의 꿈"}},
     {{"Mưa", "Đêm", "Phố", "Biển", "Nắng", "Cánh Đồng"},
      {" Mùa Hạ", " Không Ngủ", " Cũ", " Xanh", " Của Mẹ", " Xa Vắng"}}});
constexpr auto kOddTitles = std::to_array<string_view>(
    {"Party 🎉 Tonight", "𝄞 Prelude", "\"Quoted\" Love", "Back\\Slash", "Left/Right",
     "Blank At The End ", "Two  Blanks", "Don\x19t Look Back", "Tab\tStop", "O\u0308 Combining",
     "Robert'); DROP TABLE songs;--", "<b>Bold</b> & Co.", "100%", "null"});
constexpr auto kOddArtists =
    std::to_array<string_view>({"The \"Air\" Quotes", "Slash/Burnt", "DJ 🐙", "N/A",
                                "Trailing Blank ", "Grün & Blau", "Orchestre Élan/Chœur Éphémère"});
constexpr auto kTitleEndings = std::to_array<string_view>(
    {" (Album Version)", " (LP Version)", " (Single Edit)", " (2004 Digital Remaster)", " Part II",
     " (Explicit)", " (Interlude)", " (Unplugged)"});
constexpr auto kRemixEndings =
    std::to_array<string_view>({"", "", " (Remix)", " (Live)", " (Night Bus Mix)", " (Radio Edit)",
                                " (Extended Mix)", " (Acoustic)", " (Live At The Old Mill)"});

}  // namespace

std::span<const string_view> adjectives() { return kAdjectives; }
std::span<const string_view> nouns() { return kNouns; }
std::span<const string_view> verbs() { return kVerbs; }
std::span<const string_view> pronouns() { return kPronouns; }
std::span<const string_view> prepositions() { return kPrepositions; }
std::span<const string_view> syllables() { return kSyllables; }
std::span<const string_view> syllable_ends() { return kSyllableEnds; }
std::span<const Tongue> tongues() { return kTongues; }
std::span<const string_view> odd_titles() { return kOddTitles; }
std::span<const string_view> odd_artists() { return kOddArtists; }
std::span<const string_view> title_endings() { return kTitleEndings; }
std::span<const string_view> remix_endings() { return kRemixEndings; }

}  // namespace sparkify
