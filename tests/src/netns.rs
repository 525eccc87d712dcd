//! Machines of one's own on a switch of one's own: Linux network namespaces, made without being root.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::{Process, isolated, not_run, tool};

/// How long the network may take to come up.
const LIMIT: Duration = Duration::from_secs(60);

/// The name of the network interface that joins the hosts of one [`lan`].
pub const INTERFACE: &str = "lan";

/// Which addresses the hosts of a [`lan`] have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `10.77.0.1/24`, `10.77.0.2/24` and so on; nothing of IPv6.
    V4,
    /// `fd77::1/64`, `fd77::2/64` and so on, and the link-local ones beside; nothing of IPv4.
    V6,
}

impl Family {
    /// Returns the address of the host `number`, counted from 1.
    pub fn address(self, number: usize) -> String {
        match self {
            Family::V4 => format!("10.77.0.{number}"),
            Family::V6 => format!("fd77::{number:x}"),
        }
    }
}

/// A machine: network, mounts and root's rights of its own. It is gone with its last process; what was started on
/// it ends with its [`Process`].
#[derive(Debug)]
pub struct Host {
    /// Keeps the namespaces. It ends with its input, so also when this process is killed.
    holder: Process,
}

impl Host {
    /// Makes a machine without a network: even its loopback interface is down. Where that is not possible, notes
    /// what is not run and why.
    ///
    /// # Panics
    ///
    /// As [`not_run`].
    pub fn alone(why: &str) -> Option<Host> {
        for program in ["unshare", "nsenter", "ip"] {
            tool(program, why)?;
        }
        let unshare = || {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "--net", "--mount"]);
            command
        };
        let attempt = unshare().arg("true").stderr(Stdio::null()).status();
        if !attempt.is_ok_and(|status| status.success()) {
            not_run(why, "the right to make namespaces (`unshare -Urnm true`)");
            return None;
        }
        Some(Host::hold(unshare()))
    }

    /// Makes another machine without a network, which a cable can join to this one.
    fn beside(&self) -> Host {
        let mut command = Command::new("nsenter");
        self.enter(&mut command).args(["unshare", "--net", "--mount"]);
        Host::hold(command)
    }

    fn hold(mut unshare: Command) -> Host {
        let mut holder = Process::spawn(unshare.args(["sh", "-c", "echo up; exec cat"]));
        holder.wait_for_line("up");
        Host { holder }
    }

    /// Completes `nsenter` so that what follows runs here. It becomes that program: the process id stays the same.
    fn enter<'a>(&self, nsenter: &'a mut Command) -> &'a mut Command {
        nsenter.args(["--preserve-credentials", "--user", "--net", "--mount", "--target"]);
        nsenter.arg(self.holder.id().to_string()).arg("--")
    }

    /// Makes a command that runs `program` on this machine, otherwise [`isolated`] in `directory`. Its working
    /// directory is the root; paths have to be absolute.
    pub fn command(&self, program: impl AsRef<Path>, directory: &Path) -> Command {
        let mut command = isolated("nsenter", directory);
        self.enter(&mut command).arg(program.as_ref());
        command
    }

    /// Runs a line of shell on this machine to its end and returns what it printed.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn run(&self, line: &str) -> String {
        self.attempt(line).unwrap_or_else(|why| panic!("{line}: {why}"))
    }

    fn attempt(&self, line: &str) -> Result<String, String> {
        let mut command = Command::new("nsenter");
        self.enter(&mut command).args(["sh", "-e", "-c", line]).stdin(Stdio::null());
        let output = command.output().map_err(|error| error.to_string())?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim())),
        }
    }

    /// Waits until the interface carries packets and its addresses can be bound.
    fn settle(&self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let link = self.run(&format!("ip -oneline link show dev {INTERFACE}"));
            let addresses = self.run(&format!("ip -oneline address show dev {INTERFACE}"));
            if link.contains("LOWER_UP") && link.contains("state UP") && !addresses.contains("tentative") {
                return;
            }
            assert!(Instant::now() < deadline, "the network does not come up:\n{link}{addresses}");
            std::thread::yield_now();
        }
    }
}

/// Makes `N` machines joined by one switch; the interface is called [`INTERFACE`] on each. Where that is not
/// possible, notes what is not run and why.
///
/// # Panics
///
/// As [`not_run`], and when the network cannot be set up although namespaces can be made.
pub fn lan<const N: usize>(family: Family, why: &str) -> Option<[Host; N]> {
    // The first machine is the switch as well: its interface is the bridge.
    let first = Host::alone(why)?;
    let bridge = format!("ip link add {INTERFACE} address 02:00:00:00:00:01 type bridge mcast_snooping 0");
    if let Err(error) = first.attempt(&bridge) {
        not_run(why, &format!("a network bridge ({error})"));
        return None;
    }
    let mut hosts = vec![first];
    for number in 1..N {
        let host = hosts[0].beside();
        let (port, id) = (format!("port{number}"), host.holder.id());
        hosts[0].run(&format!(
            "ip link add {port} type veth peer name {INTERFACE} netns {id}
             ip link set {port} addrgenmode none
             ip link set {port} master {INTERFACE} up"
        ));
        hosts.push(host);
    }
    for (index, host) in hosts.iter().enumerate() {
        host.run(&setup(family, index + 1));
    }
    for host in &hosts {
        host.settle();
    }
    Some(hosts.try_into().expect("as many were made as were asked for"))
}

/// Returns what gives the host `number` its addresses. The default route makes `0.0.0.0` mean something, as on most
/// machines.
fn setup(family: Family, number: usize) -> String {
    let address = family.address(number);
    let addresses = match family {
        Family::V4 => format!(
            "ip address add {address}/24 dev {INTERFACE}
             ip route add default dev {INTERFACE}"
        ),
        // Nobody else is there whose address it could be, so nothing need be waited for.
        Family::V6 => format!(
            "ip address add fe80::{number:x}/64 dev {INTERFACE} nodad
             ip address add {address}/64 dev {INTERFACE} nodad
             ip -6 route add default dev {INTERFACE}"
        ),
    };
    format!(
        "ip link set lo up
         ip link set {INTERFACE} addrgenmode none
         ip link set {INTERFACE} up
         {addresses}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_reach_each_other_and_nothing_else() {
        for family in [Family::V4, Family::V6] {
            let Some([one, two]) = lan::<2>(family, "the test of the helper") else { return };
            // A machine that is not there would give no answer; this one says that nobody listens.
            let at = format!("bash -c '</dev/tcp/{}/9' 2>&1 || true", family.address(1));
            assert!(two.run(&at).contains("refused"), "{}", two.run(&at));
            for (number, host) in [(1, &one), (2, &two)] {
                let addresses = host.run("ip -oneline address");
                assert!(addresses.contains(&family.address(number)), "{addresses}");
                assert!(!addresses.contains(&family.address(3 - number)), "{addresses}");
            }
            assert_eq!(two.run("ip -oneline link").lines().count(), 2);
        }
    }

    #[test]
    fn a_program_on_a_machine_keeps_the_process_id_it_was_started_with() {
        let Some(host) = Host::alone("the test of the helper") else { return };
        let directory = tempfile::tempdir().unwrap();
        let mut process = Process::spawn(host.command("sh", directory.path()).args(["-c", "echo $$; cat"]));
        let id = process.id().to_string();
        process.wait_for("its own process id", |line| (line == id).then_some(()));
    }

    #[test]
    fn a_lonely_machine_has_nothing_but_its_loopback() {
        let Some(host) = Host::alone("the test of the helper") else { return };
        let links = host.run("ip -oneline link");
        assert!(links.lines().count() == 1 && links.contains("state DOWN"), "{links}");
    }
}
