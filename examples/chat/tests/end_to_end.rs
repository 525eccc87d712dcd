//! The example as users run it: one room, many clients, each a process of its own.

use micro_tests::{Process, isolated};

const CHAT: &str = env!("CARGO_BIN_EXE_chat");

/// How many clients join.
const CLIENTS: usize = 20;

#[test]
fn twenty_clients_hear_each_other_and_leave() {
    let registry = tempfile::tempdir().unwrap();
    let mut room = Process::spawn(isolated(CHAT, registry.path()).arg("room"));
    room.wait_for_line("the room is open");
    let join = |number: usize| {
        let mut client =
            Process::spawn(isolated(CHAT, registry.path()).args(["join", &format!("client-{number}")]));
        client.wait_for_line(&format!("* client-{number} has joined"));
        client
    };
    let mut clients: Vec<Process> = (0..CLIENTS).map(join).collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.say(&format!("greetings from {number}"));
    }
    for client in &mut clients {
        // In whatever order they were said: each is waited for among what is heard.
        let mut missing: Vec<String> =
            (0..CLIENTS).map(|number| format!("client-{number}: greetings from {number}")).collect();
        while !missing.is_empty() {
            let line =
                client.wait_for("a greeting", |line| line.contains("greetings").then(|| line.to_owned()));
            missing.retain(|greeting| *greeting != line);
        }
    }
    let mut last = clients.pop().unwrap();
    for client in clients {
        client.success();
    }
    last.wait_for_line("has left");
    last.success();
    room.terminate();
    room.success();
}
