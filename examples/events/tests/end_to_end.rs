//! The example as a user runs it: real processes, real output.

use micro_tests::{Process, isolated};

const EVENTS: &str = env!("CARGO_BIN_EXE_events");

fn count(output: &str, text: &str) -> usize {
    output.lines().filter(|line| line.contains(text)).count()
}

#[test]
fn packers_share_the_orders_and_the_screen_shows_them_all() {
    let registry = tempfile::tempdir().unwrap();
    let output = Process::spawn(&mut isolated(EVENTS, registry.path())).success();
    assert_eq!(count(&output, "screen   shows order"), 6, "{output}");
    assert_eq!(count(&output, "packs the"), 6, "{output}");
    for number in 1..=6 {
        let packed = output
            .lines()
            .filter(|line| line.contains("packs the") && line.contains(&format!("order {number},")));
        assert_eq!(packed.count(), 1, "order {number}: {output}");
    }
    assert_eq!(count(&output, "breaks the glass"), 2, "{output}");
    assert_eq!(count(&output, "packs the glass"), 2, "{output}");
    assert!(
        output
            .lines()
            .filter(|line| line.contains("glass") && line.contains("packs"))
            .all(|line| line.ends_with("attempt 2")),
        "{output}"
    );
    // Who packs how much is chance, but what one packer breaks is packed by the other.
    for packer in ["packer-1", "packer-2"] {
        let work = ["packs", "breaks"].map(|work| count(&output, &format!("{packer} {work}")));
        assert!(work.iter().sum::<usize>() > 0, "{packer} has nothing to do: {output}");
    }
}

#[test]
fn terminals_of_their_own_work_too() {
    let registry = tempfile::tempdir().unwrap();
    let mut screen = Process::spawn(isolated(EVENTS, registry.path()).arg("screen"));
    screen.wait_for_line("is ready");
    Process::spawn(isolated(EVENTS, registry.path()).args(["publish", "2"])).success();
    // Events without a key may overtake each other.
    let mut missing = vec!["order 1: book", "order 2: glass"];
    while !missing.is_empty() {
        let line = screen.wait_for_line("shows order");
        missing.retain(|order| !line.contains(order));
    }
    screen.terminate();
    screen.success();
}
