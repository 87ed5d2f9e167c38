//! Towards each other, and towards libzmq's own sockets.

use super::*;
use crate::base::sync::thread;
use crate::ps::id::NodeId;
use bytes::Bytes;
use std::io::{Read, Write};
use std::net::TcpStream;

const LONG: Duration = Duration::from_secs(10);

fn transport() -> ZmtpTransport {
    ZmtpTransport::new(Options::default()).unwrap()
}

fn listening() -> (ZmtpTransport, Endpoint) {
    let mut transport = transport();
    let port = transport.bind("127.0.0.1", 0).unwrap();
    (transport, Endpoint::new("127.0.0.1", port))
}

fn linked(to: &Endpoint, identity: &[u8]) -> (ZmtpTransport, Peer) {
    let (mut transport, peer) = (transport(), Peer::Node(NodeId::SCHEDULER));
    transport.connect(&peer, to, identity).unwrap();
    (transport, peer)
}

fn frames(meta: &[u8], data: &[&[u8]]) -> Frames {
    Frames {
        meta: Bytes::copy_from_slice(meta),
        data: data.iter().map(|part| Bytes::copy_from_slice(part)).collect(),
    }
}

/// Lets all of them work until `done` gives something.
fn work<T>(nodes: &mut [&mut ZmtpTransport], mut done: impl FnMut(usize, Incoming) -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    while Instant::now() < end {
        for (at, node) in nodes.iter_mut().enumerate() {
            node.flush();
            let incoming = node.receive().unwrap();
            if let Some(found) = done(at, incoming) {
                return found;
            }
            node.bell().wait(Duration::from_millis(1)).unwrap();
        }
    }
    panic!("nothing came of it within {LONG:?}");
}

fn next(nodes: &mut [&mut ZmtpTransport]) -> (Sender, Frames) {
    work(nodes, |_, incoming| match incoming {
        Incoming::Message(from, frames) => Some((from, frames)),
        _ => None,
    })
}

#[test]
fn messages_arrive_complete_and_in_order_with_their_sender() {
    let (mut b, at) = listening();
    let (mut a, peer) = linked(&at, b"ps9");
    let large = vec![7u8; 3 << 20];
    let messages =
        [frames(b"small", &[]), frames(b"with data", &[b"", &large, b"x"]), frames(&large, &[&[1; 40_000]])];
    for message in &messages {
        assert!(a.send(&peer, message.clone(), 0));
    }
    for message in messages {
        assert_eq!(next(&mut [&mut a, &mut b]), (Sender::parse(b"ps9"), message));
    }
    assert!(!a.send(&Peer::Node(NodeId::from_wire(8).unwrap()), frames(b"", &[]), 0));
}

#[test]
fn libzmq_understands_us_and_we_understand_it() {
    let context = zmq::Context::new();
    let large = vec![3u8; 1 << 20];
    let message: Vec<&[u8]> = vec![b"meta", b"", &large, &[1; 300]];

    let (mut receiver, at) = listening();
    let dealer = context.socket(zmq::DEALER).unwrap();
    dealer.set_identity(b"ps9").unwrap();
    dealer.connect(&format!("tcp://{at}")).unwrap();
    dealer.send_multipart(&message, 0).unwrap();
    assert_eq!(next(&mut [&mut receiver]), (Sender::parse(b"ps9"), frames(message[0], &message[1..])));

    let router = context.socket(zmq::ROUTER).unwrap();
    router.bind("tcp://127.0.0.1:*").unwrap();
    router.set_rcvtimeo(10_000).unwrap();
    let port = router.get_last_endpoint().unwrap().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    let (mut sender, peer) = linked(&Endpoint::new("127.0.0.1", port), b"ps11");
    sender.send(&peer, frames(message[0], &message[1..]), 0);
    let got = thread::spawn(move || router.recv_multipart(0).unwrap());
    work(&mut [&mut sender], |_, _| got.is_finished().then_some(()));
    assert_eq!(got.join().unwrap(), [&[&b"ps11"[..]], &message[..]].concat());
}

#[test]
fn a_peer_may_listen_later_and_come_again_and_ipv6_and_names_work() {
    for (host, name) in [("127.0.0.1", "localhost"), ("::1", "::1")] {
        let mut probe = transport();
        let Ok(port) = probe.bind(host, 0) else { continue };
        drop(probe);
        let (mut sender, peer) = linked(&Endpoint::new(name, port), b"");
        for text in [b"early", b"again"] {
            sender.send(&peer, frames(text, &[]), 0);
            let mut receiver = transport();
            receiver.bind(host, port).unwrap();
            let (from, got) = next(&mut [&mut sender, &mut receiver]);
            assert_eq!((from, &got.meta[..]), (Sender::Anonymous, &text[..]));
            receiver.close(Duration::ZERO);
            // What is sent before the sender has noticed would be lost.
            let end = Instant::now() + LONG;
            while sender.links[&peer].connection.as_ref().is_some_and(Connection::is_open) {
                assert!(Instant::now() < end);
                sender.bell().wait(Duration::from_millis(1)).unwrap();
                sender.receive().unwrap();
            }
        }
    }
}

#[test]
fn endpoints_may_be_files() {
    let local = || ZmtpTransport::new(Options { local: true }).unwrap();
    let mut receiver = local();
    let port = receiver.bind("ignored", 0).unwrap();
    let mut sender = local();
    let peer = Peer::Node(NodeId::SCHEDULER);
    sender.connect(&peer, &Endpoint::new("ignored", port), b"ps9").unwrap();
    sender.send(&peer, frames(b"m", &[b"d"]), 0);
    assert_eq!(next(&mut [&mut sender, &mut receiver]).1, frames(b"m", &[b"d"]));
    assert!(local().bind("ignored", port).is_err(), "somebody listens there");
    receiver.close(Duration::ZERO);
    assert!(!link::file(port).exists());
    // Left behind by a process that was killed.
    drop(std::os::unix::net::UnixListener::bind(link::file(port)).unwrap());
    let mut second = local();
    assert_eq!(second.bind("ignored", port).unwrap(), port);
}

#[test]
fn nodes_that_start_together_find_files_of_their_own() {
    let start = std::sync::Barrier::new(8);
    let open = || {
        let mut node = ZmtpTransport::new(Options { local: true }).unwrap();
        start.wait();
        let port = node.bind("ignored", 0);
        (node, port)
    };
    for _ in 0..20 {
        let nodes: Vec<_> = thread::scope(|scope| {
            let nodes: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        let ports: HashSet<u16> = nodes.iter().map(|(_, port)| port.clone().unwrap()).collect();
        assert_eq!(ports.len(), 8);
    }
}

#[test]
fn higher_priorities_leave_earlier() {
    let (mut receiver, at) = listening();
    let (mut sender, peer) = linked(&at, b"ps9");
    for (text, priority) in [(b"a", 0), (b"b", 5), (b"c", 0), (b"d", 5)] {
        sender.send(&peer, frames(text, &[]), priority);
    }
    let order: Vec<u8> = (0..4).map(|_| next(&mut [&mut sender, &mut receiver]).1.meta[0]).collect();
    assert_eq!(order, b"bdac");
}

#[test]
fn a_message_cut_off_by_a_broken_connection_is_sent_again_whole() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (mut sender, peer) = linked(&Endpoint::new("127.0.0.1", port), b"ps9");
    let message = frames(b"meta", &[&vec![5; 64 << 20]]);
    sender.send(&peer, message.clone(), 0);
    // A receiver that shakes hands, reads a little and hangs up.
    let rude = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        by_hand(&mut stream, "ROUTER");
        stream.read_exact(&mut [0; 100_000]).unwrap();
    });
    work(&mut [&mut sender], |_, _| rude.is_finished().then_some(()));
    let mut receiver = transport();
    let end = Instant::now() + LONG;
    while receiver.bind("127.0.0.1", port).is_err() {
        assert!(Instant::now() < end);
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(next(&mut [&mut sender, &mut receiver]).1, message);
}

#[test]
fn two_links_with_one_identity_do_not_harm_each_other() {
    let (mut receiver, at) = listening();
    let ((mut first, peer), (mut second, _)) = (linked(&at, b"ps9"), linked(&at, b"ps9"));
    for text in [b"1", b"2"] {
        first.send(&peer, frames(text, &[]), 0);
        assert_eq!(&next(&mut [&mut first, &mut receiver]).1.meta[..], text);
        second.send(&peer, frames(text, &[]), 0);
        assert_eq!(&next(&mut [&mut second, &mut receiver]).1.meta[..], text);
    }
}

#[test]
fn strangers_that_speak_otherwise_are_hung_up_on_and_nothing_else_happens() {
    let (mut receiver, at) = listening();
    let (mut sender, peer) = linked(&at, b"ps9");
    let mut plain = greeting::greeting();
    plain[12..17].copy_from_slice(b"PLAIN");
    for nonsense in
        [&b"GET / HTTP/1.1\r\nHost: a-host-with-a-long-name.example.org\r\nAccept: */*\r\n\r\n"[..], &plain]
    {
        let mut stranger = TcpStream::connect(at.to_string()).unwrap();
        stranger.set_read_timeout(Some(LONG)).unwrap();
        stranger.write_all(nonsense).unwrap();
        sender.send(&peer, frames(b"fine", &[]), 0);
        assert_eq!(&next(&mut [&mut sender, &mut receiver]).1.meta[..], b"fine");
        let end = thread::spawn(move || stranger.read_to_end(&mut Vec::new()).map_err(|error| error.kind()));
        work(&mut [&mut receiver], |_, _| end.is_finished().then_some(()));
        let end = end.join().unwrap();
        assert!(matches!(end, Ok(greeting::GREETING) | Err(ErrorKind::ConnectionReset)), "{end:?}");
    }
    assert_eq!(receiver.guests.len(), 1);
}

/// A peer by hand: shakes hands as the given kind of socket and is then ready to send frames.
fn by_hand(stream: &mut TcpStream, kind: &str) {
    let body = greeting::ready(kind, b"");
    let mut ready = Vec::new();
    decoder::head(&mut ready, body.len(), false, true);
    stream.write_all(&[&greeting::greeting()[..], &ready, &body].concat()).unwrap();
}

#[test]
fn an_end_that_comes_together_with_data_ends_the_connection() {
    let (mut receiver, at) = listening();
    for round in 0..3u8 {
        let mut guest = TcpStream::connect(at.to_string()).unwrap();
        by_hand(&mut guest, "DEALER");
        let end = Instant::now() + LONG;
        while !receiver.guests.values().any(|guest| guest.connection.is_open()) {
            assert!(Instant::now() < end, "no handshake");
            receiver.bell().wait(Duration::from_millis(1)).unwrap();
            receiver.receive().unwrap();
        }
        // Both are there before the receiver looks, so that one event tells of both.
        guest.write_all(&[0, 1, round]).unwrap();
        drop(guest);
        assert_eq!(next(&mut [&mut receiver]).1.meta[..], [round]);
        while !receiver.guests.is_empty() {
            assert!(Instant::now() < end, "the connection is still there");
            receiver.bell().wait(Duration::from_millis(1)).unwrap();
            assert!(!matches!(receiver.receive().unwrap(), Incoming::Message(..)));
        }
    }
}

#[test]
fn a_taken_port_is_an_error_and_closing_waits_for_what_was_sent() {
    let (mut receiver, at) = listening();
    assert!(transport().bind("127.0.0.1", at.port).is_err());
    let (mut sender, peer) = linked(&at, b"ps9");
    sender.send(&peer, frames(b"last words", &[&vec![1; 10 << 20]]), 0);
    let closing = thread::spawn(move || sender.close(LONG));
    assert_eq!(&next(&mut [&mut receiver]).1.meta[..], b"last words");
    closing.join().unwrap();
    // Nobody listens at the discard port: closing takes its linger time and no more.
    let (mut sender, peer) = linked(&Endpoint::new("127.0.0.1", 9), b"ps9");
    sender.send(&peer, frames(b"lost", &[]), 0);
    sender.close(Duration::from_millis(50));
}
