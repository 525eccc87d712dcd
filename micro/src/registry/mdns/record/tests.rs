//! What is written reads back; what is wrong or too much is refused.

use super::*;

fn full() -> Node {
    Node::new("n-1", "größe/1.x%20*")
        .version("1.2.3")
        .zone("a\nb=c")
        .state(State::Draining)
        .wire("grpc")
        .wire("")
        .codec("proto")
        .contract("greeter.v1.Say")
        .contract("greeter,v2=x%")
        .subscription(Subscription::new("greeter.said", ""))
        .subscription(Subscription::new("greeter.said", "ledger"))
        .metadata("k=ü/ \"", "line\nline\u{1F600}\\")
        .metadata("", "")
}

fn strung(strings: &[&str]) -> Vec<u8> {
    let string = |text: &&str| [&[u8::try_from(text.len()).unwrap()][..], text.as_bytes()].concat();
    strings.iter().flat_map(string).collect()
}

#[test]
fn what_is_written_reads_back() {
    let one = [("10.0.0.1".parse().unwrap(), 4000)];
    let (text, missing) = write(&full(), true, &one);
    assert!(!missing);
    assert_eq!(read(&text, b"n-1"), Ok(Told { node: full(), addresses: None }));
    let two = [one[0], ("fd00::1".parse().unwrap(), 1)];
    let told = read(&write(&full(), false, &two).0, b"other").unwrap();
    assert_eq!(told.node, full());
    let expected: Vec<Address> = ["10.0.0.1:4000", "[fd00::1]:1"].map(|text| text.parse().unwrap()).into();
    assert_eq!(told.addresses, Some(expected));
    assert_eq!(read(&write(&full(), true, &[]).0, b"n-1").unwrap().addresses, Some(vec![]));
}

#[test]
fn what_a_person_writes_is_read() {
    let text =
        strung(&["TXTVERS=1", "service=greeter", "contracts=a.v1.B a.v1.C", "flag", "=x", "service=late"]);
    let node = Node::new("hand-made", "greeter").contract("a.v1.B").contract("a.v1.C");
    assert_eq!(read(&text, b"hand-made"), Ok(Told { node, addresses: None }));
}

#[test]
fn a_long_value_takes_several_strings() {
    let node = (0..40).fold(Node::new("n", "s".repeat(253)), |node, index| {
        node.contract(format!("package{index}.v1.{}", "C".repeat(20)))
    });
    let (text, missing) = write(&node, true, &[]);
    assert!(!missing && text.windows(12).any(|window| window == b"contracts.1="));
    assert_eq!(read(&text, b"n").unwrap().node, node);
}

#[test]
fn what_does_not_fit_is_left_out_and_said() {
    let big = full().metadata("big", "x".repeat(2_000));
    let (text, missing) = write(&big, true, &[]);
    assert!(!missing && text.len() <= WANTED && text.windows(6).any(|window| window == b"more=1"));
    let read_back = read(&text, b"n-1").unwrap().node;
    assert_eq!((&read_back.contracts, read_back.metadata.len()), (&big.contracts, 0));

    let huge = (0..300)
        .fold(Node::new("n", "s"), |node, index| node.contract(format!("package{index}.v1.Contract")));
    let (text, missing) = write(&huge, true, &[]);
    assert!(missing && text.len() <= LONGEST);
    let kept = read(&text, b"n").unwrap().node.contracts;
    assert!(!kept.is_empty() && huge.contracts.starts_with(&kept), "{}", kept.len());
}

#[test]
fn what_is_wrong_is_refused() {
    for (strings, why) in [
        (&["service=s"][..], "another version"),
        (&["txtvers=2", "service=s"][..], "another version"),
        (&["txtvers=1"][..], "no service"),
        (&["txtvers=1", "service="][..], "not allowed"),
        (&["txtvers=1", "service=s", "id=../x"][..], "not allowed"),
        (&["txtvers=1", "service=s", "state=asleep"][..], "state"),
        (&["txtvers=1", "service=s", "at=x"][..], "address"),
        (&["txtvers=1", "service=s", "contracts=%2"][..], "escape"),
        (&["txtvers=1", "service=s", "contracts=%"][..], "not allowed"),
        (&["txtvers=1", "service=s", "metadata=k"][..], "no value"),
        (&["txtvers=1", "service=s", "topics=a..b"][..], "not allowed"),
    ] {
        let refused = read(&strung(strings), b"n").unwrap_err();
        assert!(refused.contains(why), "{strings:?}: {refused}");
    }
    assert!(read(b"\x09txtvers=", b"n").unwrap_err().contains("breaks off"));
    assert!(read(&[0; LONGEST + 1], b"n").unwrap_err().contains("too long"));
    assert!(read(&strung(&["txtvers=1", "service=s"]), b"\xff").is_err());
}

#[test]
fn short_items_are_not_more_than_they_look() {
    let head = ["txtvers=1", "service=s"];
    let listed = |key: &str, count: usize| {
        // In as many strings as it takes, none longer than 255 bytes.
        let items = vec!["a"; count];
        let strings = items.chunks(100).enumerate().map(|(part, items)| match part {
            0 => format!("{key}={} ", items.join(" ")),
            part => format!("{key}.{part}={} ", items.join(" ")),
        });
        strings.collect::<Vec<String>>()
    };
    let told = |lists: &[Vec<String>]| {
        let strings = head.iter().copied().chain(lists.iter().flatten().map(String::as_str));
        read(&strung(&strings.collect::<Vec<_>>()), b"n")
    };
    for key in ["wires", "codecs", "contracts", "topics"] {
        assert_eq!(told(&[listed(key, MOST_ITEMS)]).unwrap().items(), MOST_ITEMS, "{key}");
        let refused = told(&[listed(key, MOST_ITEMS + 1)]).unwrap_err();
        assert!(refused.contains("too many items"), "{key}: {refused}");
    }
    let refused = told(&[listed("contracts", MOST_ITEMS), listed("topics", 1)]).unwrap_err();
    assert!(refused.contains("too many items"), "it counts all of them: {refused}");

    let at = |count: usize| format!("at={}", vec!["10.0.0.1:1"; count].join(" "));
    assert_eq!(
        told(&[vec![at(MOST_ADDRESSES)]]).unwrap().addresses.map(|all| all.len()),
        Some(MOST_ADDRESSES)
    );
    assert!(told(&[vec![at(MOST_ADDRESSES + 1)]]).unwrap_err().contains("too many addresses"));
}

#[test]
fn nothing_is_written_that_would_not_be_read() {
    let many = (0..MOST_ITEMS + 50).fold(Node::new("n", "s"), |node, _| node.contract("c"));
    let (text, missing) = write(&many, true, &[]);
    let told = read(&text, b"n").unwrap();
    assert!(missing && !told.node.contracts.is_empty());
}
