#include "emitters/daemons/spell_parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "common/json.h"
#include "emitters/daemons/spell_words.h"

namespace cell0::emit {
namespace {

using Words = std::vector<SpellWord>;

// ---- the vocabulary

enum class Action { kSummon, kInvoke, kBanish, kReveal };
constexpr std::array<std::string_view, 4> kNames{"summon", "invoke", "banish", "reveal"};
std::string name_of(Action action) { return std::string(kNames[static_cast<std::size_t>(action)]); }

struct Verb {
  std::string_view words;  // one or two
  Action action;
};
// The first of an action is its own name. Of two that fit the longer one counts, so the pairs come first.
constexpr std::array kVerbs{
    Verb{"call forth", Action::kSummon},  Verb{"bring forth", Action::kSummon}, Verb{"wake up", Action::kSummon},
    Verb{"call upon", Action::kSummon},   Verb{"conjure up", Action::kSummon},  Verb{"start up", Action::kSummon},
    Verb{"send away", Action::kBanish},   Verb{"send back", Action::kBanish},   Verb{"shut down", Action::kBanish},
    Verb{"cast out", Action::kBanish},    Verb{"let go", Action::kBanish},      Verb{"get rid", Action::kBanish},
    Verb{"who is", Action::kReveal},      Verb{"who are", Action::kReveal},     Verb{"what is", Action::kReveal},
    Verb{"summon", Action::kSummon},      Verb{"conjure", Action::kSummon},     Verb{"awaken", Action::kSummon},
    Verb{"wake", Action::kSummon},        Verb{"evoke", Action::kSummon},       Verb{"manifest", Action::kSummon},
    Verb{"materialize", Action::kSummon}, Verb{"call", Action::kSummon},        Verb{"activate", Action::kSummon},
    Verb{"raise", Action::kSummon},       Verb{"invite", Action::kSummon},      Verb{"start", Action::kSummon},
    Verb{"invoke", Action::kInvoke},      Verb{"command", Action::kInvoke},     Verb{"ask", Action::kInvoke},
    Verb{"tell", Action::kInvoke},        Verb{"use", Action::kInvoke},         Verb{"have", Action::kInvoke},
    Verb{"task", Action::kInvoke},        Verb{"order", Action::kInvoke},       Verb{"instruct", Action::kInvoke},
    Verb{"request", Action::kInvoke},     Verb{"make", Action::kInvoke},        Verb{"run", Action::kInvoke},
    Verb{"banish", Action::kBanish},      Verb{"dismiss", Action::kBanish},     Verb{"release", Action::kBanish},
    Verb{"expel", Action::kBanish},       Verb{"exorcise", Action::kBanish},    Verb{"dispel", Action::kBanish},
    Verb{"deactivate", Action::kBanish},  Verb{"stop", Action::kBanish},        Verb{"remove", Action::kBanish},
    Verb{"reveal", Action::kReveal},      Verb{"show", Action::kReveal},        Verb{"list", Action::kReveal},
    Verb{"inspect", Action::kReveal},     Verb{"scry", Action::kReveal},        Verb{"divine", Action::kReveal},
    Verb{"query", Action::kReveal},       Verb{"describe", Action::kReveal},    Verb{"display", Action::kReveal},
};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Said without meaning anything, before, between or behind what counts.
constexpr std::array<std::string_view, 40> kFillers{
    "a",     "an",     "the",   "my",  "our",    "this",   "that",  "thy",    "please", "kindly",
    "now",   "oh",     "o",     "hey", "hail",   "i",      "we",    "you",    "thee",   "me",
    "us",    "would",  "could", "can", "will",   "shall",  "let",   "just",   "and",    "then",
    "great", "mighty", "wise",  "old", "mystic", "daemon", "demon", "spirit", "entity", "named"};
constexpr std::array<std::string_view, 14> kPrepositions{"from", "to",   "into", "in",   "back",  "of",    "for",
                                                         "with", "upon", "on",   "away", "forth", "again", "about"};
constexpr std::array<std::string_view, 14> kPlaces{"realm", "void",  "aether",   "abyss",   "darkness",
                                                   "world", "home",  "here",     "rest",    "sleep",
                                                   "life",  "being", "material", "ethereal"};
constexpr std::array<std::string_view, 6> kNegations{"not", "don't", "dont", "never", "cannot", "can't"};
// Between the daemon and what it is to do.
constexpr std::array<std::string_view, 8> kLeads{"to", "for", "and", "that", "please", "about", "on", "do"};

bool is_empty_word(std::string_view word) {
  return is_one_of(kFillers, word) || is_one_of(kPrepositions, word) || is_one_of(kPlaces, word);
}

// ---- finding

struct FoundVerb {
  Action action;
  std::size_t at;
  std::size_t count;  // words
  bool own_name;
};

bool is_verb_at(const Words& words, std::size_t at, const Verb& verb) {
  if (words[at].quoted) return false;
  const auto space = verb.words.find(' ');
  if (space == std::string_view::npos) return words[at].text == verb.words;
  return at + 1 < words.size() && words[at].text == verb.words.substr(0, space) && !words[at + 1].quoted &&
         words[at + 1].text == verb.words.substr(space + 1);
}

std::optional<FoundVerb> find_verb(const Words& words, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < to; ++at) {
    for (const Verb& verb : kVerbs) {
      if (!is_verb_at(words, at, verb)) continue;
      const bool pair = verb.words.find(' ') != std::string_view::npos;
      return FoundVerb{verb.action, at, pair ? 2u : 1u, verb.words == kNames[static_cast<std::size_t>(verb.action)]};
    }
  }
  return std::nullopt;
}

struct FoundDaemon {
  std::string name;
  std::size_t at;
  std::size_t count;
};

std::string without_possessive(std::string word) {
  if (word.size() > 2 && word.ends_with("'s")) word.resize(word.size() - 2);
  return word;
}

// "liquidmetal", and "liquid metal" or "liquid-metal" for it.
std::optional<FoundDaemon> daemon_at(const Words& words, std::size_t at, const std::vector<std::string>& daemons) {
  const auto is_daemon = [&](std::string name) {
    std::erase(name, '-');
    return std::find_if(daemons.begin(), daemons.end(), [&](std::string known) {
      std::erase(known, '-');
      return known == name;
    });
  };
  if (words[at].quoted) return std::nullopt;
  const std::string word = without_possessive(words[at].text);
  if (const auto found = is_daemon(word); found != daemons.end()) return FoundDaemon{*found, at, 1};
  if (at + 1 >= words.size() || words[at + 1].quoted || words[at + 1].after_pause) return std::nullopt;
  if (const auto found = is_daemon(word + without_possessive(words[at + 1].text)); found != daemons.end()) {
    return FoundDaemon{*found, at, 2};
  }
  return std::nullopt;
}

std::optional<FoundDaemon> find_daemon(const Words& words, std::size_t from, const std::vector<std::string>& daemons) {
  for (std::size_t at = from; at < words.size(); ++at) {
    if (auto found = daemon_at(words, at, daemons)) return found;
  }
  return std::nullopt;
}

// ---- tasks

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n,:;";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \t\r\n.!") + 1);
}

// The pieces of a task between blanks and commas; a quoted text is in one piece with what stands before it.
std::vector<std::string_view> pieces_of(std::string_view task) {
  constexpr std::string_view kBetween = " \t\r\n,";
  std::vector<std::string_view> pieces;
  for (std::size_t at = task.find_first_not_of(kBetween); at < task.size(); at = task.find_first_not_of(kBetween, at)) {
    const std::size_t begin = at;
    while (at < task.size() && kBetween.find(task[at]) == std::string_view::npos) {
      const bool quoted = task[at] == '"' && task.find('"', at + 1) != std::string_view::npos;
      at = quoted ? task.find('"', at + 1) + 1 : at + 1;
    }
    pieces.push_back(task.substr(begin, at - begin));
  }
  return pieces;
}

struct Argument {
  std::string_view name;
  std::string_view value;  // perhaps in quotes
};

std::optional<Argument> argument_of(std::string_view piece) {
  const auto equals = piece.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == piece.size()) return std::nullopt;
  const std::string_view name = piece.substr(0, equals);
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const bool named = is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
                       return is_letter(c) || (c >= '0' && c <= '9') || c == '-';
                     });
  return named ? std::optional(Argument{name, piece.substr(equals + 1)}) : std::nullopt;
}

// A number, true or false, or else a text.
void write_argument(JsonWriter& out, std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return out.string(value.substr(1, value.size() - 2));
  }
  double number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc{} && stop == value.data() + value.size() && std::isfinite(number)) return out.number(number);
  if (value == "true" || value == "false") return out.boolean(value == "true");
  out.string(value);
}

// name=value pairs at the end of a task, perhaps behind "with", are its parameters; what is left is the task.
std::string take_parameters(std::string_view& task) {
  const auto is_joint = [](std::string_view word) { return word == "with" || word == "and" || word == "using"; };
  const auto pieces = pieces_of(task);
  std::size_t left = pieces.size();
  std::vector<Argument> arguments;
  for (std::size_t at = pieces.size(); at-- > 0;) {
    const auto argument = argument_of(pieces[at]);
    if (!argument && !is_joint(pieces[at])) break;
    if (argument) arguments.insert(arguments.begin(), *argument);
    if (argument || !arguments.empty()) left = at;
  }
  if (arguments.empty()) return "{}";
  task = left == 0 ? std::string_view()
                   : task.substr(
                         0, static_cast<std::size_t>(pieces[left - 1].data() - task.data()) + pieces[left - 1].size());
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  std::set<std::string_view> written;
  for (const Argument& argument : arguments) {
    if (!written.insert(argument.name).second) continue;
    out.key(argument.name);
    write_argument(out, argument.value);
  }
  out.end_object();
  return json;
}

// What is said behind the daemon, without the word that leads to it and without quotes around the whole.
void set_task(ParsedSpell& spell, std::string_view rest) {
  rest = trimmed(rest);
  Words words = spell_words(rest);
  while (!words.empty() && !words[0].quoted && is_one_of(kLeads, words[0].text)) {
    rest = trimmed(rest.substr(words[0].end));
    words = spell_words(rest);
  }
  spell.parameters = take_parameters(rest);
  rest = trimmed(rest);
  words = spell_words(rest);
  const bool whole = words.size() == 1 && words[0].quoted && words[0].begin == 0 && words[0].end == rest.size();
  spell.task = whole ? std::string(trimmed(words[0].text)) : std::string(rest);
}

// ---- one spell

class Parser {
 public:
  Parser(std::string_view text, const std::vector<std::string>& daemons)
      : text_(text), daemons_(daemons), words_(spell_words(text)) {
    spell_.raw_input = std::string(text);
  }

  ParsedSpell parse() {
    if (words_.empty()) {
      fail("the incantation is empty");
      suggest_examples();
      return std::move(spell_);
    }
    daemon_ = find_daemon(words_, 0, daemons_);
    // Behind the daemon begins its task, whose verbs are its own.
    verb_ = find_verb(words_, 0, daemon_ ? daemon_->at : words_.size());
    if (!verb_ && daemon_) verb_ = verb_behind();
    if (is_negated()) {
      fail("a spell says what is to happen, not what is not");
    } else if (!verb_) {
      without_verb();
    } else {
      with_verb();
    }
    finish();
    return std::move(spell_);
  }

 private:
  void fail(std::string why) { spell_.error = std::move(why); }

  void suggest(std::string incantation) {
    auto& all = spell_.suggestions;
    const bool known = std::find(all.begin(), all.end(), incantation) != all.end();
    if (!known && all.size() < ParsedSpell::kSuggestionsMax) all.push_back(std::move(incantation));
  }

  void suggest_examples() {
    for (std::size_t i = 0; i < daemons_.size() && i < 3; ++i) suggest(example(static_cast<Action>(i), daemons_[i]));
  }

  static std::string example(Action action, const std::string& daemon) {
    if (action == Action::kReveal) return "reveal " + daemon;
    return name_of(action) + " " + daemon + (action == Action::kInvoke ? " to write a haiku" : "");
  }

  // "gemini summon": only where the verb ends what is said, so that no task is taken for a spell.
  std::optional<FoundVerb> verb_behind() const {
    const std::size_t behind = daemon_->at + daemon_->count;
    const auto found = find_verb(words_, behind, words_.size());
    if (!found || found->at + found->count != words_.size() || found->at != behind) return std::nullopt;
    return found->action == Action::kInvoke ? std::nullopt : found;
  }

  bool is_negated() const {
    const std::size_t end = verb_ ? verb_->at : daemon_ ? daemon_->at : words_.size();
    return std::any_of(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(end),
                       [](const SpellWord& word) { return !word.quoted && is_one_of(kNegations, word.text); });
  }

  // How many of these words mean nothing to us.
  std::size_t noise(std::size_t from, std::size_t to) const {
    std::size_t count = 0;
    for (std::size_t i = from; i < to; ++i) {
      if (verb_ && i >= verb_->at && i < verb_->at + verb_->count) continue;
      if (daemon_ && i >= daemon_->at && i < daemon_->at + daemon_->count) continue;
      if (words_[i].quoted || !is_empty_word(words_[i].text)) ++count;
    }
    return count;
  }

  void set_confidence(double best, std::size_t noisy_words) {
    const double confidence = std::max(0.5, best - 0.05 * static_cast<double>(noisy_words));
    spell_.confidence = std::round(confidence * 100) / 100;
  }

  void with_verb() {
    spell_.action = name_of(verb_->action);
    if (daemon_) spell_.daemon = daemon_->name;
    const double best = verb_->own_name ? 1.0 : 0.95;
    switch (verb_->action) {
      case Action::kReveal:
        set_confidence(best, 0);
        return reveal();
      case Action::kInvoke:
        if (!daemon_) return without_daemon();
        set_confidence(best, noise(0, daemon_->at));
        return invoke(text_.substr(words_[daemon_->at + daemon_->count - 1].end));
      default:
        if (!daemon_) return without_daemon();
        set_confidence(best, noise(0, words_.size()));
        return summon_or_banish();
    }
  }

  void summon_or_banish() {
    const auto other = find_daemon(words_, daemon_->at + daemon_->count, daemons_);
    if (!other || other->name == daemon_->name) return succeed();
    fail("one daemon at a time: " + daemon_->name + " and " + other->name + " are two");
    suggest(spell_.action + " " + daemon_->name);
    suggest(spell_.action + " " + other->name);
  }

  void invoke(std::string_view rest) {
    set_task(spell_, rest);
    if (!spell_.task.empty()) return succeed();
    fail("what is " + daemon_->name + " to do?");
    suggest(example(Action::kInvoke, daemon_->name));
  }

  void reveal() {
    const auto says = [&](std::initializer_list<std::string_view> any) {
      return std::any_of(words_.begin(), words_.end(), [&](const SpellWord& word) {
        return !word.quoted && std::find(any.begin(), any.end(), word.text) != any.end();
      });
    };
    const char* query = daemon_                                                              ? "state"
                        : says({"active", "summoned", "awake", "present", "here"})           ? "active"
                        : says({"statistics", "stats", "counts", "numbers", "performance"})  ? "statistics"
                        : says({"veil", "mode"})                                             ? "veil"
                        : says({"daemons", "all", "everyone", "daemon", "entities", "them"}) ? "all"
                                                                                             : nullptr;
    if (query == nullptr) {
      fail("what is to be revealed: all daemons, the active ones, their statistics, the veil, or one by its name?");
      for (const char* incantation : {"reveal all daemons", "reveal the active daemons"}) suggest(incantation);
      return suggest_daemons();
    }
    spell_.parameters = std::string(R"({"query_type":")") + query + "\"}";
    succeed();
  }

  // No verb of ours: "claude, review this" and "write a haiku with gemini" are orders all the same.
  void without_verb() {
    if (!daemon_) return not_understood();
    spell_.daemon = daemon_->name;
    const std::size_t behind = daemon_->at + daemon_->count;
    const bool first = noise(0, daemon_->at) == 0;
    const bool addressed =
        first && behind < words_.size() &&
        (words_[behind].after_pause || words_[behind].quoted || is_one_of(kLeads, words_[behind].text));
    if (addressed) {
      spell_.action = "invoke";
      set_confidence(0.8, 0);
      return invoke(text_.substr(words_[behind - 1].end));
    }
    const bool last = behind == words_.size() && daemon_->at > 1;
    const std::string before = last ? words_[daemon_->at - 1].text : "";
    if (last && (before == "with" || before == "using" || before == "via")) {
      spell_.action = "invoke";
      set_confidence(0.7, 0);
      return invoke(text_.substr(0, words_[daemon_->at - 1].begin));
    }
    if (suggest_verb(daemon_->name)) return;
    fail("what is to happen with " + daemon_->name + "?");
    for (const Action action : {Action::kSummon, Action::kInvoke, Action::kBanish}) {
      suggest(example(action, daemon_->name));
    }
  }

  // A word that a typing error makes of one of our verbs. True: it was one.
  bool suggest_verb(const std::string& daemon) {
    std::vector<std::string> verbs;
    for (const Verb& verb : kVerbs) verbs.emplace_back(verb.words);
    for (const SpellWord& word : words_) {
      if (word.quoted || is_empty_word(word.text)) continue;
      const std::string nearest = nearest_word(word.text, verbs);
      if (nearest.empty() || nearest == word.text) continue;  // one of ours in the wrong place is no typing error
      const auto verb = std::find_if(kVerbs.begin(), kVerbs.end(), [&](const Verb& v) { return v.words == nearest; });
      fail("\"" + word.text + "\" is no verb of magic");
      if (daemon.empty()) {
        suggest_daemons(verb->action);
      } else {
        suggest(example(verb->action, daemon));
      }
      return true;
    }
    return false;
  }

  void suggest_daemons(Action action = Action::kReveal) {
    for (const std::string& daemon : daemons_) suggest(example(action, daemon));
  }

  // A verb, and nobody whom we know.
  void without_daemon() {
    set_confidence(0.5, 0);
    for (std::size_t i = verb_->at + verb_->count; i < words_.size(); ++i) {
      if (words_[i].quoted || is_empty_word(words_[i].text)) continue;
      const std::string nearest = nearest_word(words_[i].text, daemons_);
      fail("there is no daemon \"" + words_[i].text.substr(0, 64) + "\"");
      if (nearest.empty()) break;
      return suggest(example(verb_->action, nearest));
    }
    if (spell_.error.empty()) fail(spell_.action + " whom?");
    suggest_daemons(verb_->action);
  }

  void not_understood() {
    if (suggest_verb(misspelt_daemon())) return;
    fail("this is no spell: a verb (summon, invoke, banish, reveal) and a daemon make one");
    suggest_examples();
  }

  std::string misspelt_daemon() const {
    for (const SpellWord& word : words_) {
      if (const std::string nearest = nearest_word(word.text, daemons_); !nearest.empty()) return nearest;
    }
    return {};
  }

  void succeed() { spell_.success = true; }

  void finish() {
    if (spell_.success) return;
    spell_.confidence = spell_.action.empty() ? 0 : std::min(spell_.confidence, 0.4);
  }

  std::string_view text_;
  const std::vector<std::string>& daemons_;
  Words words_;
  std::optional<FoundVerb> verb_;
  std::optional<FoundDaemon> daemon_;
  ParsedSpell spell_;
};

}  // namespace

ParsedSpell parse_spell(std::string_view text, const std::vector<std::string>& daemons) {
  return Parser(text, daemons).parse();
}

}  // namespace cell0::emit
