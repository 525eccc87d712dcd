//! The error of a call that nobody can answer: what was looked for, and what there is.

use std::time::Duration;

use super::target::Target;
use crate::error::{Error, Outcome};
use crate::registry::Summary;

/// How long the registry may take to say what there is. The error is useful without, and due now.
const PATIENCE: Duration = Duration::from_millis(50);
/// How many services are named.
const NAMED: usize = 10;

/// Makes the error. `unavailable`, not sent.
pub(super) async fn error(target: &Target) -> Error {
    let cache = &target.inner().cache;
    let known = tokio::time::timeout(PATIENCE, cache.known()).await;
    let known = known.ok().and_then(Result::ok);
    let registry = cache.registry().name();
    let message = message(target.contract(), target.service(), &registry, known.as_deref());
    Error::unavailable(message).with_outcome(Outcome::NotSent)
}

fn message(contract: &str, service: Option<&str>, registry: &str, known: Option<&[Summary]>) -> String {
    let wanted = match service {
        Some(service) => format!("no node of service {service} serves {contract}"),
        None => format!("no node serves {contract}"),
    };
    let Some(known) = known else {
        return format!("{wanted}; the registry {registry} did not say what there is");
    };
    if known.is_empty() {
        let hint = "does the service run, with the same MICRO_REGISTRY?";
        return format!("{wanted}; the registry {registry} is empty: {hint}");
    }
    // The nearest names first, for it is mostly a slip of the pen.
    let mut named: Vec<(usize, String)> =
        known.iter().map(|summary| describe(summary, contract, service)).collect();
    named.sort();
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    let list = named.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ");
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{wanted}; known in {registry}: {list}{more}")
}

/// Describes a service by its name and the contract nearest to the wanted one, with the distance of the nearer.
fn describe(summary: &Summary, contract: &str, service: Option<&str>) -> (usize, String) {
    let nearest = summary.contracts.iter().map(|name| (distance(name, contract), name)).min();
    let by_service = service.map_or(usize::MAX, |service| distance(&summary.service, service));
    match nearest {
        Some((by_contract, name)) => (by_contract.min(by_service), format!("{} ({name})", summary.service)),
        None => (by_service, summary.service.clone()),
    }
}

/// Returns the Levenshtein distance of the first 100 characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, char) in left.chars().take(100).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, other) in right.iter().enumerate() {
            let changed = diagonal + usize::from(char != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::registry::Node;

    fn known(services: &[(&str, &str)]) -> Vec<Summary> {
        let nodes: Vec<Node> = services
            .iter()
            .map(|(service, contract)| Node::new(*service, *service).contract(*contract))
            .collect();
        Summary::of(&nodes)
    }

    #[test]
    fn distances_are_edits() {
        for (left, right, edits) in
            [("", "abc", 3), ("say", "say", 0), ("say", "sya", 2), ("kitten", "sitting", 3)]
        {
            assert_eq!((distance(left, right), distance(right, left)), (edits, edits), "{left} {right}");
        }
    }

    #[test]
    fn the_nearest_is_named_first_and_the_list_is_bounded() {
        let mut services: Vec<(String, String)> =
            (0..20).map(|index| (format!("other{index}"), format!("other.v1.Thing{index}"))).collect();
        services.push(("greeter".into(), "greeter.v1.Say".into()));
        let services: Vec<(&str, &str)> = services.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let text = message("greeter.v1.Sya", None, "memory", Some(&known(&services)));
        assert!(
            text.starts_with("no node serves greeter.v1.Sya; known in memory: greeter (greeter.v1.Say), "),
            "{text}"
        );
        assert!(text.ends_with(" and 11 more"), "{text}");
    }

    #[test]
    fn an_empty_and_a_silent_registry_have_their_words() {
        let text = message("a.v1.B", Some("svc"), "local:/x", Some(&[]));
        assert!(text.contains("service svc") && text.contains("local:/x is empty"), "{text}");
        assert!(message("a.v1.B", None, "local:/x", None).contains("did not say"));
    }
}
