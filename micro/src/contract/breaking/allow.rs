//! Permissions: breaks that somebody has thought about, by name. One that permits nothing is a mistake, so that
//! permissions go when what they were given for is over.

use super::report::Break;
use super::rule::Rule;

/// How many near names a message lists.
const NEAR: usize = 5;

/// Takes out the breaks that are allowed; returns the rest, and what is wrong with each permission that allows none.
pub(super) fn allow(breaks: Vec<Break>, allowed: &[&str]) -> (Vec<Break>, Vec<String>) {
    let stale = allowed.iter().filter(|name| !breaks.iter().any(|found| found.name() == **name));
    let stale = stale.map(|name| explain(name, &breaks)).collect();
    let left = breaks.into_iter().filter(|found| !allowed.contains(&found.name().as_str())).collect();
    (left, stale)
}

/// Says why a permission allows nothing.
fn explain(name: &str, breaks: &[Break]) -> String {
    let Some((rule, place)) = name.split_once(':') else {
        return format!(
            "allow = [{name:?}]: a permission is the name of a rule, a colon and a place, such as \
             \"field-removed:ledger.v1.Entry.amount\"{}",
            listed(", or one of these that are broken: ", breaks.iter())
        );
    };
    if !Rule::ALL.iter().any(|known| known.as_str() == rule) {
        let here = breaks.iter().filter(|found| found.place() == place);
        return match here.clone().next() {
            Some(_) => format!("allow = [{name:?}]: there is no rule {rule:?}{}", listed("; write ", here)),
            None => {
                let known: Vec<&str> = Rule::ALL.iter().map(|known| known.as_str()).collect();
                format!("allow = [{name:?}]: there is no rule {rule:?}; there are {}", known.join(", "))
            }
        };
    }
    let near = breaks.iter().filter(|found| found.rule().as_str() == rule || found.place() == place);
    format!(
        "allow = [{name:?}]: nothing breaks that, so remove it{}",
        listed("; if it was meant for another break, the near ones are ", near)
    )
}

fn listed<'a>(before: &str, breaks: impl Iterator<Item = &'a Break>) -> String {
    let names: Vec<String> = breaks.take(NEAR).map(|found| format!("{:?}", found.name())).collect();
    if names.is_empty() { String::new() } else { format!("{before}{}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: Rule, place: &str) -> Break {
        Break::new(rule, place, "is gone", "they see nothing")
    }

    fn both() -> Vec<Break> {
        vec![found(Rule::FieldRemoved, "a.v1.B.c"), found(Rule::MethodKind, "a.v1.S.M")]
    }

    #[test]
    fn what_is_allowed_is_taken_out_and_nothing_else() {
        let (left, stale) = allow(both(), &["field-removed:a.v1.B.c"]);
        assert_eq!(left, [found(Rule::MethodKind, "a.v1.S.M")]);
        assert!(stale.is_empty());
        assert_eq!(allow(both(), &[]), (both(), Vec::new()));
    }

    #[test]
    fn a_permission_for_nothing_names_what_is_near() {
        for (name, texts) in [
            ("field-removed:a.v1.B.d", &["remove it", "\"field-removed:a.v1.B.c\""][..]),
            ("field-renamed:a.v1.B.c", &["remove it", "\"field-removed:a.v1.B.c\""]),
            ("field-moved:a.v1.B.c", &["no rule \"field-moved\"", "write \"field-removed:a.v1.B.c\""]),
            ("field-moved:a.v1.X", &["no rule \"field-moved\"", "package-moved", "reserved-removed"]),
            ("a.v1.B.c", &["a colon", "\"field-removed:a.v1.B.c\"", "\"method-kind:a.v1.S.M\""]),
            ("enum-zero:a.v1.E", &["remove it"]),
        ] {
            let (left, stale) = allow(both(), &[name]);
            assert_eq!((left.len(), stale.len()), (2, 1), "{name}");
            for text in texts {
                assert!(stale[0].contains(text), "{text}: {}", stale[0]);
            }
        }
        let (_, stale) = allow(Vec::new(), &["field-removed:a.v1.B.c"]);
        assert!(stale[0].ends_with("remove it"), "{}", stale[0]);
    }
}
