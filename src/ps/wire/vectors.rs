//! The golden messages: every one decodes to what its file says it means and encodes to the same bytes again.

use super::*;
use crate::ps::id::{NodeId, RequestId, Sender};
use bytes::Bytes;
use serde_json::Value;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/ps-wire")
}

fn files(wanted: impl Fn(&Value) -> bool) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if wanted(&value) {
                found.push((name, value));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn unhex(text: &str) -> Bytes {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digit).collect::<Vec<u8>>().into()
}

fn frames(message: &Value) -> Frames {
    let mut frames = message["frames"].as_array().unwrap().iter().map(|hex| unhex(hex.as_str().unwrap()));
    Frames { meta: frames.next().unwrap(), data: frames.collect() }
}

fn single_messages() -> Vec<(String, Value)> {
    files(|value| value["frames"].is_array())
}

fn number(value: &Value) -> Option<i32> {
    value.as_i64().map(|number| i32::try_from(number).unwrap())
}

fn id(value: &Value) -> Option<NodeId> {
    number(value).map(|id| NodeId::from_wire(id).unwrap())
}

#[test]
fn all_cases_are_here() {
    assert_eq!(single_messages().len(), 106);
    assert_eq!(files(|value| value["kind"] == "transcript").len(), 4);
}

#[test]
fn metas_hold_the_fields_the_files_name() {
    for (name, case) in single_messages() {
        let meta = Meta::decode(&frames(&case).meta).unwrap();
        let want = &case["meta"];
        assert_eq!(meta.head, number(&want["head"]), "{name}");
        assert_eq!(meta.app_id, number(&want["app_id"]), "{name}");
        assert_eq!(meta.timestamp, number(&want["timestamp"]), "{name}");
        assert_eq!(meta.customer_id, number(&want["customer_id"]), "{name}");
        assert_eq!(meta.data_size, None, "{name}");
        assert_eq!(meta.priority, number(&want["priority"]), "{name}");
        assert_eq!(meta.request, want["request"].as_bool(), "{name}");
        assert_eq!(meta.push, want["push"].as_bool(), "{name}");
        assert_eq!(meta.pull, want["pull"].as_bool(), "{name}");
        assert_eq!(meta.simple_app, want["simple_app"].as_bool(), "{name}");
        assert_eq!(meta.body, want["body_hex"].as_str().map(unhex), "{name}");
        let types: Vec<i32> = want["data_type"].as_array().into_iter().flatten().filter_map(number).collect();
        assert_eq!(meta.data_type.as_slice(), types, "{name}");
        assert!(meta.extension.is_empty(), "{name}");
        assert_eq!(meta.control.is_some(), want["control"].is_object(), "{name}");
        if let Some(control) = &meta.control {
            let want = &want["control"];
            assert_eq!(Some(control.cmd), number(&want["cmd"]), "{name}");
            assert_eq!(control.barrier_group, number(&want["barrier_group"]), "{name}");
            let signature = want["msg_sig"].as_str().map(|hex| u64::from_str_radix(&hex[2..], 16).unwrap());
            assert_eq!(control.msg_sig, signature, "{name}");
            let nodes = want["node"].as_array().map_or(&[][..], Vec::as_slice);
            assert_eq!(control.nodes.len(), nodes.len(), "{name}");
            for (node, want) in control.nodes.iter().zip(nodes) {
                assert_eq!(Some(node.role), number(&want["role"]), "{name}");
                assert_eq!(node.id, number(&want["id"]), "{name}");
                assert_eq!(node.hostname.as_deref(), want["hostname"].as_str(), "{name}");
                assert_eq!(node.port, number(&want["port"]), "{name}");
                assert_eq!(node.is_recovery, want["is_recovery"].as_bool(), "{name}");
                assert_eq!(node.customer_id, number(&want["customer_id"]), "{name}");
            }
        }
        assert_eq!(meta.encode(), frames(&case).meta, "{name}");
    }
}

#[test]
fn messages_hold_the_data_the_files_name() {
    for (name, case) in single_messages() {
        let message = Message::decode(&frames(&case)).unwrap_or_else(|bad| panic!("{name}: {}", bad.error));
        let Message::Data(data) = message else {
            assert!(case["data"].is_null(), "{name}");
            continue;
        };
        let want = &case["data"];
        let Some(payload) = data.payload.as_ref() else {
            assert_eq!(case["frames"].as_array().unwrap().len(), 1, "{name}");
            continue;
        };
        let kind = data.kind().unwrap();
        let mode = match kind.mode {
            ValueMode::Dense => "default",
            ValueMode::RowSparse => "row_sparse",
            ValueMode::Compressed => "compressed",
        };
        assert_eq!(want["request_type"], mode, "{name}");
        assert_eq!(want["dtype"], kind.dtype.name(), "{name}");
        let keys: Vec<String> = payload.keys().map(|key| format!("{key:#018x}")).collect();
        assert_eq!(want["keys"], serde_json::json!(keys), "{name}");
        assert_eq!(want["vals_bytes"], payload.values().len(), "{name}");
        let lens: Option<Vec<i32>> = payload.lens().map(Iterator::collect);
        assert_eq!(want.get("lens"), lens.map(|lens| serde_json::json!(lens)).as_ref(), "{name}");
    }
}

#[test]
fn messages_encode_to_the_same_bytes() {
    for (name, case) in single_messages() {
        let frames = frames(&case);
        let message = Message::decode(&frames).unwrap_or_else(|bad| panic!("{name}: {}", bad.error));
        assert_eq!(message.encode(), frames, "{name}: {message:?}");
    }
}

#[test]
fn transcripts_encode_to_the_same_bytes() {
    for (name, transcript) in files(|value| value["kind"] == "transcript") {
        let messages = transcript["messages"].as_array().unwrap();
        assert!(messages.len() > 20, "{name}");
        for (at, case) in messages.iter().enumerate() {
            let frames = frames(case);
            let message = Message::decode(&frames).unwrap_or_else(|bad| panic!("{name} {at}: {}", bad.error));
            assert_eq!(message.encode(), frames, "{name} {at}: {message:?}");
        }
    }
}

#[test]
fn identities_name_the_senders() {
    for (name, case) in single_messages() {
        let sender = Sender::parse(case["sender"]["identity"].as_str().unwrap().as_bytes());
        assert_eq!(sender.node(), id(&case["sender"]["id"]), "{name}");
        assert_eq!(sender.identity(), case["sender"]["identity"].as_str().unwrap().as_bytes(), "{name}");
    }
}

/// A response is what [`ReplyTo`] makes of the request it answers.
#[test]
fn answers_repeat_their_request() {
    let cases = single_messages();
    let mut checked = 0;
    for (name, case) in &cases {
        let (Some(answered), Message::Command(_) | Message::Data(_)) =
            (case["answers"].as_str(), Message::decode(&frames(case)).unwrap())
        else {
            continue;
        };
        let request = &cases.iter().find(|(_, case)| case["name"] == answered).unwrap().1;
        let reply = ReplyTo::from_message(&Message::decode(&frames(request)).unwrap()).unwrap();
        let message = match Message::decode(&frames(case)).unwrap() {
            Message::Data(DataMessage { payload: Some(payload), .. }) => reply.values(payload),
            _ => reply.done(),
        };
        assert_eq!(message.encode(), frames(case), "{name}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

/// The signature in an acknowledgement is computed from the message it acknowledges.
#[test]
fn acknowledgements_name_their_message() {
    let cases = single_messages();
    let mut checked = 0;
    for (name, case) in &cases {
        let Message::Ack(signature) = Message::decode(&frames(case)).unwrap() else { continue };
        let answered = case["answers"].as_str().unwrap();
        let acknowledged = &cases.iter().find(|(_, case)| case["name"] == answered).unwrap().1;
        let message = Message::decode(&frames(acknowledged)).unwrap();
        let (from, to) =
            (id(&acknowledged["sender"]["id"]).unwrap(), id(&acknowledged["receiver"]["id"]).unwrap());
        let request = message.direction() == Direction::Request;
        let number: RequestId = message.request().unwrap();
        assert_eq!(signature, Signature::of(message.has_app(), from, to, number, request), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 3);
}

/// Every golden message with bytes changed, cut out or added: an error or a message, never a panic.
#[test]
fn damaged_messages_never_panic() {
    let mut state = 1u64;
    let mut random = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    for (_, case) in single_messages() {
        let good = frames(&case);
        for _ in 0..200 {
            let mut bad = good.clone();
            let count = bad.data.len() + 1;
            let which = random() % count;
            let frame = if which == 0 { &mut bad.meta } else { &mut bad.data[which - 1] };
            let mut bytes = frame.to_vec();
            let at = random() % (bytes.len() + 1);
            match random() % 4 {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, random() as u8),
                2 if at < bytes.len() => bytes[at] = random() as u8,
                _ => bytes.extend_from_within(at..),
            }
            *frame = bytes.into();
            if let Ok(message) = Message::decode(&bad) {
                let _ = Message::decode(&message.encode()).unwrap();
            }
        }
    }
}
