//! The shop as a user runs it: real processes, real output.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use micro_tests::{Process, address, grpcurl, http, isolated, tool};

const SHOP: &str = env!("CARGO_BIN_EXE_shop");

/// What a part says once it can be called.
const READY: &str = " serves at ";

/// How long it may take until the others have noticed a new service.
const LIMIT: Duration = Duration::from_secs(60);

fn spawn(directory: &Path, arguments: &[&str]) -> Process {
    Process::spawn(isolated(SHOP, directory).args(arguments))
}

/// The process id in a line of a part: `orders   process 4711 serves at 127.0.0.1:4012`.
fn process(line: &str) -> u32 {
    line.split_whitespace().nth(2).unwrap().parse().unwrap()
}

fn runs(process: u32) -> bool {
    let mut asking = Command::new("kill");
    asking.args(["-0", &process.to_string()]).stderr(Stdio::null());
    asking.status().unwrap().success()
}

fn count(output: &str, text: &str) -> usize {
    output.lines().filter(|line| line.contains(text)).count()
}

/// The word that follows the first `text`.
fn word_after<'a>(output: &'a str, text: &str) -> &'a str {
    let found = output.split_once(text).and_then(|(_, rest)| rest.split_whitespace().next());
    found.unwrap_or_else(|| panic!("{text:?} is missing:\n{output}"))
}

/// Holds what a shopper says against what the shop promises, and returns the key of the order.
fn assert_served(output: &str) -> String {
    let order = word_after(output, "places order ");
    assert!(output.contains(&format!("places order {order} again, and it is the same one")), "{output}");
    for refused in [
        "a unicorn: not found: there is no product \"unicorn\" (says catalog)",
        "two globes: failed precondition: 2 of \"globe\" are wanted, 1 left (says catalog)",
    ] {
        assert!(output.contains(&format!("cannot have {refused}")), "{refused}:\n{output}");
    }
    order.to_owned()
}

#[test]
fn a_shopper_is_served_by_four_processes_and_gets_one_mail() {
    let directory = tempfile::tempdir().unwrap();
    let output = spawn(directory.path(), &[]).success();
    let mut processes: Vec<u32> = output.lines().filter(|line| line.contains(READY)).map(process).collect();
    processes.sort_unstable();
    processes.dedup();
    assert_eq!(processes.len(), 4, "{output}");

    let order = assert_served(&output);
    assert_eq!(count(&output, "mailer   writes to "), 1, "{output}");
    let pay = word_after(&output, "1 x book, 2 x lamp for ");
    let mail = format!("ann: thank you for order {order} of 1 x book, 2 x lamp; {pay} to pay");
    assert!(output.contains(&mail), "{mail}:\n{output}");

    assert_eq!(count(&output, "has stopped"), 4, "{output}");
    assert!(!processes.into_iter().any(runs), "{output}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "its registry is cleared away");
}

#[tokio::test]
async fn a_service_that_is_killed_and_started_again_is_called_again() {
    let directory = tempfile::tempdir().unwrap();
    let start = |name: &str| {
        let mut part = spawn(directory.path(), &[name]);
        let at: SocketAddr = address(&part.wait_for_line(READY)).unwrap().parse().unwrap();
        (part, at)
    };
    let (mailer, _) = start("mailer");
    let (catalog, _) = start("catalog");
    let (cart, cart_at) = start("cart");
    let (orders, orders_at) = start("orders");
    let ready = http::exchange(orders_at, "GET", "/readyz", &[], &[]).await;
    assert_eq!(ready.status, 200, "{ready:?}");
    assert_eq!(ready.json()["checks"][0]["name"], "room", "{ready:?}");
    let shop = |customer: &str| spawn(directory.path(), &["shopper", customer]);
    let mut placed = vec![assert_served(&shop("ann").success())];

    catalog.signal("KILL");
    let (status, output) = catalog.wait();
    assert!(!status.success(), "{status}\n{output}");
    let body = br#"{"customer":"bob","product":"lamp","quantity":1}"#;
    let headers = ["content-type: application/json"];
    let refused = http::exchange(cart_at, "POST", "/shop.cart.v1.Cart/Add", &headers, body).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    assert_eq!(refused.json()["code"], "UNAVAILABLE", "{refused:?}");

    // The carts and the orders run on. When they have noticed the new catalog, the next shopper is served;
    // each is somebody else, so that nobody has a cart that was half filled before.
    let (catalog, _) = start("catalog");
    let begin = Instant::now();
    for number in 1.. {
        let (status, output) = shop(&format!("bob-{number}")).wait();
        if status.success() {
            placed.push(assert_served(&output));
            break;
        }
        assert!(begin.elapsed() < LIMIT, "the new catalog is not called:\n{output}");
    }

    // Orders hands its events over before it ends, so the mails are there when the mailer ends.
    for part in [orders, cart, catalog] {
        part.terminate();
        part.success();
    }
    mailer.terminate();
    let mails = mailer.success();
    for order in placed {
        assert_eq!(count(&mails, &format!("thank you for order {order} of ")), 1, "{order}:\n{mails}");
    }
}

#[test]
fn an_open_shop_says_what_to_type_and_is_closed_by_ctrl_c() {
    let directory = tempfile::tempdir().unwrap();
    let mut shop = spawn(directory.path(), &["serve", "0"]);
    let processes = [(); 4].map(|()| process(&shop.wait_for_line(READY)));
    let typed = ["Catalog/Get", "Cart/Add", "Orders/Place", "/readyz"].map(|part| {
        let line = shop.wait_for_line(part);
        line.replacen("curl", "curl -sS", 1)
    });
    let list = shop.wait_for_line("Catalog/List");
    shop.wait_for_line("-- shopper bob");

    if tool("curl", "the curl commands that the shop prints").is_some() {
        let answers = ["\"Desk lamp\"", "\"lamp\"", "\"bob-1\"", "\"room\""];
        for (command, expected) in typed.iter().zip(answers) {
            let answer = sh(command);
            assert!(answer.contains(expected), "{command}\n{answer}");
        }
        shop.wait_for_line("thank you for order bob-1 of 1 x lamp");
    }
    if let Some(grpcurl) = grpcurl("the grpcurl command that the shop prints") {
        let listed = sh(&list.replacen("grpcurl", &grpcurl.to_string_lossy(), 1));
        for product in ["\"book\"", "\"globe\"", "\"lamp\""] {
            assert!(listed.contains(product), "{list}\n{listed}");
        }
    }
    let order = assert_served(&spawn(directory.path(), &["shopper", "bob"]).success());
    shop.wait_for_line(&format!("thank you for order {order} of "));

    assert!(processes.into_iter().all(runs));
    shop.signal("INT");
    let output = shop.success();
    assert_eq!(count(&output, "has stopped"), 4, "{output}");
    assert!(!processes.into_iter().any(runs), "{output}");
}

#[test]
fn a_part_that_ends_by_itself_closes_the_shop() {
    let directory = tempfile::tempdir().unwrap();
    let mut shop = spawn(directory.path(), &["serve", "0"]);
    let processes = [(); 4].map(|()| process(&shop.wait_for_line(READY)));
    shop.wait_for_line("the shop is open");
    let killed = Command::new("kill").args(["-KILL", &processes[1].to_string()]).status();
    assert!(killed.unwrap().success());
    let (status, output) = shop.wait();
    assert!(!status.success(), "{output}");
    assert!(output.contains("catalog has ended by itself"), "{output}");
    assert_eq!(count(&output, "has stopped"), 3, "{output}");
    assert!(!processes.into_iter().any(runs), "{output}");
}

/// Runs what the shop says to type, and returns what comes out.
fn sh(command: &str) -> String {
    let output = Command::new("sh").args(["-c", command]).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
