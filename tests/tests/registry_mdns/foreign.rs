//! What other implementations of mDNS say and hear, and what goes over the wire.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use micro_tests::netns::{Family, INTERFACE, lan};
use micro_tests::{Process, not_run, python, tool};

use crate::nodes::{Place, Watcher, serve};

/// The TXT record of a node of ours, as somebody else would write it.
pub(crate) fn strings(service: &str) -> Vec<String> {
    let mut strings = vec!["txtvers=1".to_owned(), format!("service={service}")];
    strings.extend(["wires=grpc", "codecs=proto", "contracts=theirs.v1.Thing"].map(str::to_owned));
    strings
}

/// Finds a Python that has zeroconf.
fn python_with_zeroconf(why: &str) -> Option<PathBuf> {
    let python = python(why)?;
    let mut import = Command::new(&python);
    let status = import.args(["-c", "import zeroconf"]).stderr(Stdio::null()).status();
    if status.is_ok_and(|status| status.success()) {
        return Some(python);
    }
    not_run(why, "Python with zeroconf (`cargo xtask test` makes it)");
    None
}

#[test]
fn python_zeroconf_sees_our_node_and_we_see_the_one_it_registers() {
    let why = "discovery beside python-zeroconf";
    let Some(python) = python_with_zeroconf(why) else { return };
    for family in [Family::V4, Family::V6] {
        let Some([one, two]) = lan::<2>(family, why) else { return };
        let (here, there) = (Place::on(&one), Place::on(&two));
        let mut browse = there.script(&python, "zeroconf_peer.py");
        let mut browse = Process::spawn(browse.arg("browse").arg(family.address(2)));
        browse.wait_for_line("browsing");
        let ours = serve(&mut here.service("ours", "mdns:", &family.address(1)));
        let port = ours.address.rsplit(':').next().unwrap();
        let found = browse.wait_for("our node in zeroconf", |line| {
            let is_ours = line.starts_with("found ") && line.contains(&ours.id);
            (is_ours && line.contains(&family.address(1)) && line.contains(&format!(" {port} ")))
                .then(|| line.to_owned())
        });
        assert!(found.contains("tests.Kinds") && found.contains("ours"), "{found}");

        let mut watcher = Watcher::start(&here, "mdns:");
        let mut publish = there.script(&python, "zeroconf_peer.py");
        publish.arg("publish").arg(family.address(2)).args(["from-python", "4242"]).args(strings("theirs"));
        let mut publish = Process::spawn(&mut publish);
        let seen = watcher.put("from-python");
        assert!(seen.starts_with("put from-python theirs "), "{seen}");
        assert!(seen.contains(&family.address(2)) && seen.ends_with(":4242"), "{seen}");
        publish.wait_for_line("published");
        publish.close_input();
        watcher.gone("from-python");

        ours.process.terminate();
        browse.wait_for_line(&format!("lost {}", ours.id));
    }
}

#[test]
fn what_is_known_is_not_asked_for_again_and_again() {
    let why = "the count of queries";
    let Some(python) = tool("python3", why) else { return };
    let Some([one, two]) = lan::<2>(Family::V4, why) else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let mut sniffer = Process::spawn(there.script(&python, "sniff.py").arg(INTERFACE));
    sniffer.wait_for_line("sniffing");
    let service = serve(&mut here.service("quiet", "mdns:", &Family::V4.address(1)));
    let mut watchers = [Watcher::start(&there, "mdns:"), Watcher::start(&there, "mdns:")];
    for watcher in &mut watchers {
        watcher.put(&service.id);
        assert_eq!(watcher.ask("call quiet", "answered"), "answered");
    }
    // Five seconds: RFC 6762 lets each of the two ask 1 s and 3 s after its first question, then 7 s.
    sniffer.say("5");
    let count = sniffer.wait_for("the count", |line| line.strip_prefix("queries ")?.parse::<u32>().ok());
    assert!(count <= 3 * 2, "{count} questions were asked:\n{}", sniffer.output());
    for watcher in &mut watchers {
        assert_eq!(watcher.ask("lookup quiet", "found"), format!("found {}", service.id));
    }
}
