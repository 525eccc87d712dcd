//! avahi, which most Linux machines run, on one of our hosts: with a message bus of its own, seen by nobody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use micro_tests::netns::{Family, INTERFACE, lan};
use micro_tests::{Process, tool};

use crate::foreign::strings;
use crate::nodes::{Place, Watcher, serve};

const WHY: &str = "discovery beside avahi";

#[test]
fn avahi_sees_our_node_and_we_see_one_it_publishes() {
    let (Some(daemon), Some(_), Some(_)) = (daemon(), tool("avahi-browse", WHY), tool("dbus-daemon", WHY))
    else {
        return;
    };
    let Some([one, two]) = lan::<2>(Family::V4, WHY) else { return };
    let (here, there) = (Place::on(&one), Place::on(&two));
    let avahi = Avahi::start(&daemon, &there);
    let ours = serve(&mut here.service("ours", "mdns:", &Family::V4.address(1)));
    let mut far = Watcher::start(&here, "mdns:");
    // This one shares avahi's port with it.
    let mut beside = Watcher::start(&there, "mdns:");

    let mut browse = Process::spawn(avahi.command(&there, "avahi-browse").args(["-rp", "_micro._tcp"]));
    let port = ours.address.rsplit(':').next().unwrap();
    let resolved = format!(";{};{port};", Family::V4.address(1));
    let line = browse.wait_for("our node in avahi-browse", |line| {
        let resolves = line.starts_with(&format!("=;{INTERFACE};IPv4;")) && line.contains(&resolved);
        resolves.then(|| line.to_owned())
    });
    assert!(line.contains(&ours.id) && line.contains("ours"), "{line}");
    beside.put(&ours.id);
    assert_eq!(beside.ask("call ours", "answered"), "answered");

    let mut publish = avahi.command(&there, "avahi-publish");
    publish.args(["-s", "from-avahi", "_micro._tcp", "4242"]).args(strings("theirs"));
    let publish = Process::spawn(&mut publish);
    let seen = far.put("from-avahi");
    assert!(seen.starts_with("put from-avahi theirs "), "{seen}");
    assert!(seen.ends_with(&format!(" {}:4242", Family::V4.address(2))), "{seen}");
    // To its own machine avahi tells the loopback address too, and which comes first is open.
    let seen = beside.put("from-avahi");
    assert!(seen.ends_with(":4242"), "{seen}");
    publish.terminate();
    far.gone("from-avahi");

    ours.process.terminate();
    browse.wait_for("the goodbye in avahi-browse", |line| {
        (line.starts_with(&format!("-;{INTERFACE};IPv4;")) && line.contains(&ours.id)).then_some(())
    });
}

/// Finds avahi's daemon, which lies where only root's path leads.
fn daemon() -> Option<PathBuf> {
    let usual = Path::new("/usr/sbin/avahi-daemon");
    if usual.is_file() {
        return Some(usual.to_path_buf());
    }
    tool("avahi-daemon", WHY)
}

/// A running avahi.
struct Avahi {
    _daemon: Process,
    _bus: Process,
    address: String,
}

impl Avahi {
    fn start(daemon: &Path, place: &Place<'_>) -> Avahi {
        let directory = place.directory();
        let write = |name: &str, text: &str| {
            let path = directory.join(name);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        // The daemon wants its run-time directory to be its user's. The only user here is root, so that is who it is.
        let passwd = write("passwd", "root:x:0:0:root:/root:/bin/sh\navahi:x:0:0:avahi:/:/bin/sh\n");
        let group = write("group", "root:x:0:\navahi:x:0:\n");
        place.host().run(&format!(
            "mount -t tmpfs tmpfs /run
             mount --bind {passwd} /etc/passwd
             mount --bind {group} /etc/group"
        ));

        let socket = directory.join("bus");
        let bus = write("bus.conf", &BUS.replace("SOCKET", &socket.display().to_string()));
        let mut command = place.command("dbus-daemon");
        command.args(["--nofork", "--print-address"]).arg(format!("--config-file={bus}"));
        let mut bus = Process::spawn(&mut command);
        bus.wait_for_line("unix:path=");

        let address = format!("unix:path={}", socket.display());
        let config = write("avahi.conf", CONFIG);
        let mut command = place.command(daemon);
        command.args(["--no-drop-root", "--no-chroot", "--no-rlimits", "--file"]).arg(config);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &address);
        let mut daemon = Process::spawn(&mut command);
        daemon.wait_for_line("Server startup complete");
        Avahi { _daemon: daemon, _bus: bus, address }
    }

    /// A command that runs one of avahi's programs.
    fn command(&self, place: &Place<'_>, program: &str) -> Command {
        let mut command = place.command(program);
        command.env("DBUS_SYSTEM_BUS_ADDRESS", &self.address);
        command
    }
}

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=SOCKET</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"#;

const CONFIG: &str = "\
[server]
host-name=foreign
use-ipv4=yes
use-ipv6=no
enable-dbus=yes

[publish]
publish-workstation=no
publish-hinfo=no
";
