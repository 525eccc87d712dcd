//! Neighbours that lie: what they say costs little, hides nobody and leads nowhere.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use micro_tests::netns::{Family, lan};
use micro_tests::{Process, tool};

use crate::foreign::strings;
use crate::nodes::{Place, Watcher, serve};

/// How much memory the lies may cost whoever hears them.
const MEMORY: u64 = 32 << 20;

/// How many lies are told in a second, and for how many seconds.
const RATE: u32 = 300;
const SECONDS: u32 = 4;

#[test]
fn a_hostile_neighbour_costs_little_and_hides_nobody() {
    let why = "discovery beside a hostile neighbour";
    let Some(python) = tool("python3", why) else { return };
    let Some([one, two, three]) = lan::<3>(Family::V4, why) else { return };
    let (here, there, hostile) = (Place::on(&one), Place::on(&two), Place::on(&three));
    let address = Family::V4.address(2);
    let mut watcher = Watcher::start(&here, "mdns:");
    let early = serve(&mut there.service("early", "mdns:", &address));
    watcher.put(&early.id);
    assert_eq!(watcher.ask("call early", "answered"), "answered");

    let mut attack = hostile.script(&python, "hostile.py");
    attack.args([&Family::V4.address(3), &SECONDS.to_string(), &RATE.to_string(), &early.id]);
    attack.args(strings("lies"));
    let mut attack = Process::spawn(&mut attack);
    attack.wait_for_line("attacking");
    let (before, begin) = (Usage::of(watcher.id()), Instant::now());
    let good = serve(&mut there.service("good", "mdns:", &address));
    watcher.put(&good.id);
    assert_eq!(watcher.ask("lookup good", "found"), format!("found {}", good.id));
    assert_eq!(watcher.ask("call good", "answered"), "answered");
    let sent = attack.wait_for("the end", |line| line.strip_prefix("sent ")?.parse::<u32>().ok());
    let (after, took) = (Usage::of(watcher.id()), begin.elapsed());

    assert_eq!(sent, RATE * SECONDS);
    let processor = after.processor.saturating_sub(before.processor);
    assert!(processor <= took * 3 / 4, "{processor:?} of the processor in {took:?}");
    let memory = after.memory.saturating_sub(before.memory);
    assert!(memory <= MEMORY, "{memory} bytes more than before");

    // Both are there still, at the addresses they have; so much was told and nothing was believed that leads astray.
    for (service, served) in [("early", &early), ("good", &good)] {
        assert_eq!(watcher.ask(&format!("lookup {service}"), "found"), format!("found {}", served.id));
        assert_eq!(watcher.ask(&format!("call {service}"), "answered"), "answered");
    }
    let known = watcher.ask("count", "known");
    let output = watcher.output();
    for line in output.lines().filter(|line| line.starts_with("put ")) {
        let lies = [" 203.0.113.", " 0.0.0.0:", " 224.0.0.", " 127.0.0.1:", "evil.", "-never"];
        let believed = lies.into_iter().any(|lie| line.contains(lie)) || line.ends_with(":0");
        assert!(!believed, "{line} was believed; {known}");
        assert!(!line.contains(&early.id) || line.ends_with(&early.address), "{line} was believed; {known}");
    }
    assert!(!output.contains(&format!("gone {}", early.id)), "the early one was taken away; {known}");
}

#[test]
fn nobody_is_believed_who_speaks_from_beyond_the_link_or_of_what_lies_there() {
    let why = "discovery and what lies beyond the link";
    let Some(python) = tool("python3", why) else { return };
    let Some([one, two]) = lan::<2>(Family::V4, why) else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let mut watcher = Watcher::start(&here, "mdns:");
    let mut liar = there.script(&python, "elsewhere.py");
    liar.args([Family::V4.address(2), Family::V4.address(1)]).args(strings("elsewhere"));
    Process::spawn(&mut liar).success();
    // The truth was told last: whatever was believed of the rest would have been told before, or with it.
    watcher.put("z-truth");
    assert_eq!(watcher.ask("lookup elsewhere", "found"), "found z-truth");
    assert_eq!(watcher.ask("count", "known"), "known 1");
}

/// What a process uses.
struct Usage {
    /// Bytes in memory.
    memory: u64,
    /// Time on a processor, in the process and in the kernel.
    processor: Duration,
}

impl Usage {
    fn of(process: u32) -> Usage {
        let read = |name: &str| {
            let path = PathBuf::from(format!("/proc/{process}/{name}"));
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let status = read("status");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it lives");
        let kibibytes: u64 = resident.trim().trim_end_matches(" kB").parse().unwrap();

        // The name of the program comes first, in brackets, and may hold anything; times are the 14th and 15th field.
        let stat = read("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        // Linux tells these times in hundredths of a second, whatever the clock of its scheduler.
        Usage { memory: kibibytes << 10, processor: Duration::from_millis(ticks * 10) }
    }
}
