use super::*;
use crate::ps::id::NodeId;
use std::time::Instant;

fn transport() -> ZmqTransport {
    ZmqTransport::new(Options::default()).unwrap()
}

fn frames(meta: &[u8], data: &[&[u8]]) -> Frames {
    Frames {
        meta: Bytes::copy_from_slice(meta),
        data: data.iter().map(|part| Bytes::copy_from_slice(part)).collect(),
    }
}

fn next(transport: &mut ZmqTransport) -> (Sender, Frames) {
    let end = Instant::now() + Duration::from_secs(10);
    while Instant::now() < end {
        if let Incoming::Message(from, frames) = transport.receive(Duration::from_millis(100)).unwrap() {
            return (from, frames);
        }
    }
    panic!("no message within ten seconds");
}

#[test]
fn messages_arrive_complete_with_their_sender() {
    let (mut a, mut b) = (transport(), transport());
    let port = b.bind("127.0.0.1", 0).unwrap();
    let peer = Peer::Node(NodeId::SCHEDULER);
    let large = vec![7u8; 1 << 20];
    a.connect(&peer, &Endpoint::new("127.0.0.1", port), b"ps9").unwrap();
    for message in [frames(b"small", &[]), frames(b"with data", &[b"", &large, b"x"])] {
        a.send(&peer, message.clone()).unwrap();
        let (from, got) = next(&mut b);
        assert_eq!(from, Sender::parse(b"ps9"));
        assert_eq!(got, message);
    }
    assert!(matches!(
        a.send(&Peer::Node(NodeId::from_wire(8).unwrap()), frames(b"", &[])),
        Err(SendError::NotConnected)
    ));
}

#[test]
fn a_peer_may_listen_later_and_ipv6_and_names_work() {
    for (host, listen) in [("127.0.0.1", "localhost"), ("::1", "::1")] {
        let mut probe = transport();
        let Ok(port) = probe.bind(host, 0) else { continue };
        probe.close(Duration::ZERO);
        drop(probe);
        let mut sender = transport();
        let peer = Peer::Node(NodeId::SCHEDULER);
        sender.connect(&peer, &Endpoint::new(listen, port), b"").unwrap();
        sender.send(&peer, frames(b"early", &[])).unwrap();
        let mut receiver = transport();
        receiver.bind(host, port).unwrap();
        let (from, got) = next(&mut receiver);
        assert_eq!((from, &got.meta[..]), (Sender::Anonymous, &b"early"[..]));
    }
}

#[test]
fn a_wake_ends_a_wait_and_is_never_lost() {
    let mut transport = transport();
    transport.bind("127.0.0.1", 0).unwrap();
    let waker = transport.waker();
    waker.wake();
    waker.wake();
    assert!(matches!(transport.receive(Duration::from_secs(10)).unwrap(), Incoming::Woken));
    assert!(matches!(transport.receive(Duration::from_millis(1)).unwrap(), Incoming::Nothing));
    let sleeper = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(30));
        waker.wake();
    });
    assert!(matches!(transport.receive(Duration::from_secs(10)).unwrap(), Incoming::Woken));
    sleeper.join().unwrap();
}

#[test]
fn a_full_link_gives_the_message_back() {
    let mut sender = ZmqTransport::new(Options { water_mark: 2, ..Options::default() }).unwrap();
    let peer = Peer::Node(NodeId::SCHEDULER);
    // Port 9 discards everywhere; nobody listens there.
    sender.connect(&peer, &Endpoint::new("127.0.0.1", 9), b"ps9").unwrap();
    let refused = (0..10).find_map(|_| match sender.send(&peer, frames(b"meta", &[b"data"])) {
        Err(SendError::Full(back)) => Some(back),
        _ => None,
    });
    assert_eq!(*refused.unwrap(), frames(b"meta", &[b"data"]));
}

#[test]
fn a_newer_link_with_the_same_identity_wins() {
    let mut receiver = transport();
    let port = receiver.bind("127.0.0.1", 0).unwrap();
    let (mut first, mut second) = (transport(), transport());
    let peer = Peer::Node(NodeId::SCHEDULER);
    let to = Endpoint::new("127.0.0.1", port);
    first.connect(&peer, &to, b"ps9").unwrap();
    first.send(&peer, frames(b"old", &[])).unwrap();
    assert_eq!(&next(&mut receiver).1.meta[..], b"old");
    second.connect(&peer, &to, b"ps9").unwrap();
    second.send(&peer, frames(b"new", &[])).unwrap();
    assert_eq!(&next(&mut receiver).1.meta[..], b"new");
}

#[test]
fn a_taken_port_is_an_error_and_closing_waits_for_what_was_sent() {
    let mut receiver = transport();
    let port = receiver.bind("127.0.0.1", 0).unwrap();
    assert!(transport().bind("127.0.0.1", port).is_err());
    let mut sender = transport();
    let peer = Peer::Node(NodeId::SCHEDULER);
    sender.connect(&peer, &Endpoint::new("127.0.0.1", port), b"ps9").unwrap();
    sender.send(&peer, frames(b"last words", &[])).unwrap();
    sender.close(Duration::from_secs(2));
    assert_eq!(&next(&mut receiver).1.meta[..], b"last words");
}
