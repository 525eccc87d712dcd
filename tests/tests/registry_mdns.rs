//! Discovery from host to host, every host a network namespace and every node a process of its own.

#[path = "registry_mdns/avahi.rs"]
mod avahi;
#[path = "registry_mdns/foreign.rs"]
mod foreign;
#[path = "registry_mdns/hostile.rs"]
mod hostile;
#[path = "registry_mdns/nodes.rs"]
mod nodes;

use std::time::{Duration, Instant};

use micro_tests::netns::{Family, Host, lan};

use nodes::{Place, Watcher, serve};

#[test]
fn a_host_without_a_network_finds_its_own_services() {
    let Some(host) = Host::alone("discovery without a network") else { return };
    let place = Place::on(&host);
    // The loopback interface is down as well: nothing can be sent, yet everything starts.
    let service = serve(&mut place.default_service("lonely"));
    let mut watcher = Watcher::start(&place, "mdns+local:");
    watcher.put(&service.id);
    assert_eq!(watcher.ask("lookup lonely", "found"), format!("found {}", service.id));
    let mut deaf = Watcher::start(&place, "mdns:");
    assert_eq!(deaf.ask("lookup lonely", "found").trim(), "found");

    host.run("ip link set lo up");
    assert_eq!(watcher.ask("call lonely", "answered"), "answered");
    service.process.terminate();
    watcher.gone(&service.id);
    service.process.success();
}

/// The TTL of a node that is found and leaves: even the next announcement, at a third of it, is far later than a busy
/// machine hears of either.
const TTL: &str = "60s";

/// How soon a node is found once both ends are up.
const FOUND: Duration = Duration::from_secs(10);

/// How soon a node that was told to end is gone.
const LEFT: Duration = Duration::from_secs(10);

fn found_called_and_left(family: Family) {
    let Some([one, two]) = lan::<2>(family, "discovery from host to host") else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let address = family.address(1);

    let mut waiting = Watcher::start(&there, "mdns:");
    let service = serve(here.service("greeter", "mdns:", &address).args(["--registry-ttl", TTL]));
    let up = Instant::now();
    let seen = waiting.put(&service.id);
    assert!(up.elapsed() <= FOUND, "the waiting one found it after {:?}", up.elapsed());
    assert!(seen.ends_with(&service.address) && service.address.contains(&address), "{seen}");

    let mut late = Watcher::start(&there, "mdns:");
    let up = Instant::now();
    late.put(&service.id);
    assert!(up.elapsed() <= FOUND, "the late one found it after {:?}", up.elapsed());
    assert_eq!(late.ask("call greeter", "answered"), "answered");

    let told = Instant::now();
    service.process.terminate();
    for watcher in [&mut waiting, &mut late] {
        watcher.gone(&service.id);
        assert!(told.elapsed() <= LEFT, "it was gone after {:?}", told.elapsed());
    }
    service.process.success();
}

#[test]
fn a_node_is_found_over_ipv4_and_called_and_says_goodbye() {
    found_called_and_left(Family::V4);
}

#[test]
fn a_node_is_found_over_ipv6_and_called_and_says_goodbye() {
    found_called_and_left(Family::V6);
}

#[test]
fn a_node_that_listens_on_all_addresses_is_found_by_default() {
    let Some([one, two]) = lan::<2>(Family::V4, "discovery from host to host") else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let service = serve(here.default_service("everywhere").args(["--address", "0.0.0.0:0", "--insecure"]));
    let mut watcher = Watcher::start(&there, "mdns+local:");
    let seen = watcher.put(&service.id);
    assert!(seen.contains(&format!("{}:", Family::V4.address(1))), "{seen}");
    assert_eq!(watcher.ask("call everywhere", "answered"), "answered");
}

#[test]
fn a_killed_node_is_gone_soon_after_its_time() {
    let Some([one, two]) = lan::<2>(Family::V4, "the end of a killed node") else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let mut watcher = Watcher::start(&there, "mdns:");
    let service =
        serve(here.service("short", "mdns:", &Family::V4.address(1)).args(["--registry-ttl", "2s"]));
    watcher.put(&service.id);
    let killed = Instant::now();
    service.process.signal("KILL");
    watcher.gone(&service.id);
    // Before the 15 s that it would have had by default.
    assert!(killed.elapsed() <= Duration::from_secs(2 + 10), "it was gone after {:?}", killed.elapsed());
}

#[test]
fn a_node_that_outlives_its_time_many_times_over_is_never_gone() {
    let Some([one, two]) = lan::<2>(Family::V4, "a node that lives on") else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let mut watcher = Watcher::start(&there, "mdns:");
    let lasting =
        serve(here.service("lasting", "mdns:", &Family::V4.address(1)).args(["--registry-ttl", "3s"]));
    watcher.put(&lasting.id);
    // For three times its time. Meanwhile short lives show that a node whose time is over is gone.
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3 * 3) {
        let short =
            serve(here.service("short", "mdns:", &Family::V4.address(1)).args(["--registry-ttl", "1s"]));
        watcher.put(&short.id);
        short.process.signal("KILL");
        watcher.gone(&short.id);
    }
    assert_eq!(watcher.ask("lookup lasting", "found"), format!("found {}", lasting.id));
    assert!(!watcher.output().contains(&format!("gone {}", lasting.id)), "{}", watcher.output());
}

#[test]
fn a_node_on_loopback_is_seen_on_its_own_host_only() {
    let Some([one, two]) = lan::<2>(Family::V4, "the reach of a node on loopback") else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let mut far = Watcher::start(&there, "mdns+local:");
    let mut near = Watcher::start(&here, "mdns+local:");
    let hidden = serve(&mut here.default_service("hidden"));
    let seen = near.put(&hidden.id);
    assert!(seen.contains("127.0.0.1:"), "{seen}");
    assert_eq!(near.ask("call hidden", "answered"), "answered");
    // What comes later is heard over there: so would have been what came before.
    let open = serve(&mut here.service("open", "mdns+local:", &Family::V4.address(1)));
    far.put(&open.id);
    assert_eq!(far.ask("lookup hidden", "found").trim(), "found");
    assert!(!far.output().contains(&hidden.id), "{}", far.output());
    near.put(&open.id);
}
