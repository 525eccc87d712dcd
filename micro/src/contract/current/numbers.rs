//! The numbers of fields and values, before and now.
//!
//! Both texts are ours, so a reader of lines is enough: a declaration is one line, a body begins and ends on lines of
//! its own. Of a file that was edited by hand it reads what still looks so; the difference tells the rest.

use std::collections::BTreeMap;

/// Numbers by name, of each message and enum.
type Numbers<'a> = BTreeMap<String, (Kind, BTreeMap<&'a str, Number>)>;

/// The number of a field or a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    number: i32,
    /// Whether it is that of a field in a oneof, where every variant has a tag or none has.
    in_oneof: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Message,
    Enum,
}

impl Kind {
    fn part(self) -> &'static str {
        match self {
            Kind::Message => "field",
            Kind::Enum => "value",
        }
    }
}

/// What the present line stands in.
enum Scope {
    /// A message or an enum, by its name within the file.
    Type(Kind, String),
    /// A oneof, whose fields are those of the message around it.
    Oneof,
    /// A body without numbers.
    Other,
}

/// Lists the fields and values that had another number, each with what to write.
pub(super) fn moved(committed: &str, current: &str) -> Vec<String> {
    let (committed, current) = (read(committed), read(current));
    let mut moved = Vec::new();
    for (name, (kind, now)) in &current {
        let Some((_, before)) = committed.get(name).filter(|(known, _)| known == kind) else { continue };
        for (part, number) in now {
            let Number { number, in_oneof } = *number;
            let Some(old) = before.get(part).map(|old| old.number).filter(|old| *old != number) else {
                continue;
            };
            let is_new =
                |(other, taken): &(&&str, &Number)| taken.number == old && !before.contains_key(**other);
            let new = now.iter().find(is_new).map(|(new, taken)| (*new, taken.in_oneof));
            let advice = advice(old, in_oneof, new);
            let part_of = kind.part();
            moved.push(format!("{part_of} `{part}` of `{name}` moved from {old} to {number}; {advice}"));
        }
    }
    moved
}

/// Says what to write on what had the number `old`. `new` is what took that, and whether it is in a oneof.
fn advice(old: i32, in_oneof: bool, new: Option<(&str, bool)>) -> String {
    let on_it = match in_oneof {
        true => format!(
            "write #[tag({old})] on it, and #[tag] on every other variant of the oneof and on the field after \
             it"
        ),
        false => format!("write #[tag({old})] on it"),
    };
    match new {
        None => on_it,
        Some((new, true)) if in_oneof => format!(
            "`{new}` took its number: put the new variant last, or write #[tag] on every variant of the oneof, \
             #[tag({old})] on this one, and on the field after it"
        ),
        Some((new, true)) => format!(
            "{on_it}, and #[tag] on every variant of the oneof of `{new}`, which took it, with a number of its \
             own on that"
        ),
        Some((new, false)) => format!("{on_it}, and a number of its own on `{new}`, which took it"),
    }
}

fn read(text: &str) -> Numbers<'_> {
    let mut numbers = Numbers::new();
    let mut scopes: Vec<Scope> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some(head) = line.strip_suffix('{') {
            let scope = enter(head, &scopes);
            scopes.push(scope);
        } else if line == "}" {
            scopes.pop();
        } else if let Some((name, number)) = numbered(line) {
            let in_oneof = matches!(scopes.last(), Some(Scope::Oneof));
            let around = scopes.iter().rev().find(|scope| !matches!(scope, Scope::Oneof));
            if let Some(Scope::Type(kind, of)) = around {
                let number = Number { number, in_oneof };
                numbers.entry(of.clone()).or_insert((*kind, BTreeMap::new())).1.insert(name, number);
            }
        }
    }
    numbers
}

/// Names what a body belongs to.
fn enter(head: &str, scopes: &[Scope]) -> Scope {
    let mut words = head.split_whitespace();
    let kind = match words.next() {
        Some("message") => Kind::Message,
        Some("enum") => Kind::Enum,
        Some("oneof") => return Scope::Oneof,
        _ => return Scope::Other,
    };
    let name = words.next().unwrap_or_default();
    match scopes.last() {
        Some(Scope::Type(_, outer)) => Scope::Type(kind, format!("{outer}.{name}")),
        _ => Scope::Type(kind, name.to_owned()),
    }
}

/// Reads `map<string, int64> cents = 2 [deprecated = true];` as `cents` and 2.
fn numbered(line: &str) -> Option<(&str, i32)> {
    let (declaration, rest) = line.strip_suffix(';')?.split_once(" = ")?;
    let mut words = declaration.split_whitespace();
    if matches!(words.next()?, "option" | "reserved") && words.next().is_some() {
        return None;
    }
    let name = declaration.split_whitespace().next_back()?;
    Some((name, rest.split_whitespace().next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = "syntax = \"proto3\";

message Entry {
  option deprecated = true;
  reserved 9;

  // message Fake {
  string account = 1;
  map<string, int64> cents = 2 [deprecated = true];

  oneof buyer {
    // By name.
    string person = 3;
    int64 museum = 4;
  }

  message Inner {
    bool account = 1;
  }

  enum Mood {
    MOOD_CALM = 0;
    MOOD_WILD = -2;
  }
}

service Ledger {
  rpc Post(Entry) returns (Entry) {
    option idempotency_level = IDEMPOTENT;
  }
}
";

    #[test]
    fn every_number_is_found_with_what_it_belongs_to() {
        let numbers = read(COMMITTED);
        let listed: Vec<String> = numbers
            .iter()
            .flat_map(|(of, (_, parts))| {
                parts.iter().map(move |(part, number)| format!("{of}.{part} {}", number.number))
            })
            .collect();
        assert_eq!(
            listed,
            [
                "Entry.account 1",
                "Entry.cents 2",
                "Entry.museum 4",
                "Entry.person 3",
                "Entry.Inner.account 1",
                "Entry.Mood.MOOD_CALM 0",
                "Entry.Mood.MOOD_WILD -2",
            ]
        );
    }

    #[test]
    fn what_moved_is_told_with_the_mend() {
        assert!(moved(COMMITTED, COMMITTED).is_empty());
        let current = COMMITTED.replace("person = 3", "person = 5").replace("WILD = -2", "WILD = 1");
        assert_eq!(
            moved(COMMITTED, &current),
            [
                "field `person` of `Entry` moved from 3 to 5; write #[tag(3)] on it, and #[tag] on every other variant of \
                 the oneof and on the field after it",
                "value `MOOD_WILD` of `Entry.Mood` moved from -2 to 1; write #[tag(-2)] on it",
            ]
        );
    }

    #[test]
    fn a_field_that_pushed_others_on_is_named() {
        let current = COMMITTED
            .replace("  map<string, int64> cents = 2", "  bool new = 2;\n  map<string, int64> cents = 3")
            .replace("museum = 4", "museum = 5")
            .replace("person = 3", "person = 4");
        let moved = moved(COMMITTED, &current);
        assert_eq!(moved.len(), 3, "{moved:?}");
        assert_eq!(
            moved[0],
            "field `cents` of `Entry` moved from 2 to 3; write #[tag(2)] on it, and a number of its own on `new`, which \
             took it"
        );
        let variant = "from 4 to 5; write #[tag(4)] on it, and #[tag] on every other variant";
        assert!(moved[1].contains(variant), "{moved:?}");
    }

    #[test]
    fn the_advice_for_a_variant_can_be_followed() {
        let before = "message Entry {\n  oneof why {\n    string bought = 5;\n    Mood moved = 6;\n  }\n\n  \
                      bool late = 7;\n}\n";
        let between = before.replace("moved = 6;\n", "moved = 7;\n").replace("late = 7", "late = 8");
        let between = between.replace("    Mood moved", "    bool gifted = 6;\n    Mood moved");
        assert_eq!(
            moved(before, &between),
            [
                "field `late` of `Entry` moved from 7 to 8; write #[tag(7)] on it",
                "field `moved` of `Entry` moved from 6 to 7; `gifted` took its number: put the new variant last, or write \
                 #[tag] on every variant of the oneof, #[tag(6)] on this one, and on the field after it",
            ]
        );
        let last = before.replace("moved = 6;\n", "moved = 6;\n    bool gifted = 7;\n");
        let last = last.replace("late = 7", "late = 8");
        assert_eq!(
            moved(before, &last),
            [
                "field `late` of `Entry` moved from 7 to 8; write #[tag(7)] on it, and #[tag] on every variant of \
                 the oneof of `gifted`, which took it, with a number of its own on that"
            ]
        );
        let first = before.replace("  oneof", "  bool early = 5;\n\n  oneof");
        let first = first.replace("bought = 5", "bought = 9");
        let told = moved(before, &first);
        let ends = "on the field after it, and a number of its own on `early`, which took it";
        assert!(told[0].ends_with(ends), "{told:?}");
    }

    #[test]
    fn what_is_new_or_gone_has_not_moved() {
        let current = COMMITTED.replace("  string account = 1;\n", "").replace("MOOD_WILD", "MOOD_TAME");
        assert!(moved(COMMITTED, &current).is_empty());
        assert!(moved("", COMMITTED).is_empty() && moved("}}\n= ;\noption = 1;\n", COMMITTED).is_empty());
    }
}
