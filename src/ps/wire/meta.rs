//! The meta frame field by field: [`Meta`], [`ControlMeta`], [`NodeMeta`]. An absent field is `None`; writing
//! gives fields in ascending order, present ones only, which is how MXNet's nodes write them.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use super::extension::{Extension, NodeExtension};
use super::limits;
use super::protobuf::{Reader, Value, Writer};
use crate::base::Result;
use crate::{ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    pub head: Option<i32>,
    pub body: Option<Bytes>,
    pub control: Option<ControlMeta>,
    pub request: Option<bool>,
    pub push: Option<bool>,
    pub simple_app: Option<bool>,
    pub app_id: Option<i32>,
    pub timestamp: Option<i32>,
    pub data_type: SmallVec<[i32; 3]>,
    pub customer_id: Option<i32>,
    pub data_size: Option<i32>,
    pub pull: Option<bool>,
    pub priority: Option<i32>,
    pub extension: Extension,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControlMeta {
    pub cmd: i32,
    pub nodes: Vec<NodeMeta>,
    pub barrier_group: Option<i32>,
    pub msg_sig: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeMeta {
    pub role: i32,
    pub id: Option<i32>,
    pub hostname: Option<String>,
    pub port: Option<i32>,
    pub is_recovery: Option<bool>,
    pub customer_id: Option<i32>,
    pub extension: NodeExtension,
}

impl Meta {
    pub fn decode(bytes: &Bytes) -> Result<Self> {
        ensure!(
            bytes.len() <= limits::META_BYTES,
            Protocol,
            "meta: {} bytes, more than {} allowed",
            bytes.len(),
            limits::META_BYTES
        );
        let mut meta = Meta::default();
        let mut reader = Reader::new(bytes);
        // A known number with an unexpected wire type counts as unknown, as protobuf has it.
        while let Some((number, value)) = reader.field()? {
            match number {
                1 => set(&mut meta.head, value.int32()),
                2 => set(&mut meta.body, value.bytes().map(|body| bytes.slice_ref(body))),
                3 => {
                    if let Some(bytes) = value.bytes() {
                        meta.control.get_or_insert_default().merge(bytes)?;
                    }
                }
                4 => set(&mut meta.request, value.boolean()),
                5 => set(&mut meta.push, value.boolean()),
                6 => set(&mut meta.simple_app, value.boolean()),
                7 => set(&mut meta.app_id, value.int32()),
                8 => set(&mut meta.timestamp, value.int32()),
                9 => meta.merge_data_type(value)?,
                10 => set(&mut meta.customer_id, value.int32()),
                11 => set(&mut meta.data_size, value.int32()),
                12 => set(&mut meta.pull, value.boolean()),
                13 => set(&mut meta.priority, value.int32()),
                other => meta.extension.read(other, value)?,
            }
        }
        Ok(meta)
    }

    pub fn encode(&self) -> Vec<u8> {
        let body = self.body.as_ref().map_or(0, Bytes::len);
        let mut out = Writer::with_capacity(64 + body);
        let int32 = |out: &mut Writer, number, value: Option<i32>| {
            if let Some(value) = value {
                out.int32(number, value);
            }
        };
        let boolean = |out: &mut Writer, number, value: Option<bool>| {
            if let Some(value) = value {
                out.boolean(number, value);
            }
        };
        int32(&mut out, 1, self.head);
        if let Some(body) = &self.body {
            out.bytes(2, body);
        }
        if let Some(control) = &self.control {
            out.bytes(3, &control.encode());
        }
        boolean(&mut out, 4, self.request);
        boolean(&mut out, 5, self.push);
        boolean(&mut out, 6, self.simple_app);
        int32(&mut out, 7, self.app_id);
        int32(&mut out, 8, self.timestamp);
        if !self.data_type.is_empty() {
            let mut packed = Writer::default();
            for code in &self.data_type {
                packed.varint(i64::from(*code) as u64);
            }
            out.bytes(9, &packed.finish());
        }
        int32(&mut out, 10, self.customer_id);
        int32(&mut out, 11, self.data_size);
        boolean(&mut out, 12, self.pull);
        int32(&mut out, 13, self.priority);
        self.extension.write(&mut out);
        out.finish()
    }

    /// The codes come packed from MXNet's nodes; protobuf allows them one by one as well.
    fn merge_data_type(&mut self, value: Value<'_>) -> Result<()> {
        let mut add = |code: u64| {
            ensure!(self.data_type.len() < limits::DATA_TYPES, Protocol, "meta: too many data types");
            self.data_type.push(code as u32 as i32);
            Ok(())
        };
        match value {
            Value::Varint(code) => add(code),
            Value::Bytes(packed) => {
                let mut reader = Reader::new(packed);
                while !reader.is_empty() {
                    add(reader.varint()?)?;
                }
                Ok(())
            }
            Value::Skipped => Ok(()),
        }
    }
}

impl ControlMeta {
    /// Adds the fields of one occurrence: protobuf joins repeated messages.
    fn merge(&mut self, bytes: &[u8]) -> Result<()> {
        let mut reader = Reader::new(bytes);
        let mut cmd = None;
        while let Some((number, value)) = reader.field()? {
            match number {
                1 => set(&mut cmd, value.int32()),
                2 => {
                    if let Some(bytes) = value.bytes() {
                        ensure!(self.nodes.len() < limits::NODES, Protocol, "meta: too many nodes");
                        self.nodes.push(NodeMeta::decode(bytes)?);
                    }
                }
                3 => set(&mut self.barrier_group, value.int32()),
                4 => set(&mut self.msg_sig, value.uint64()),
                _ => {}
            }
        }
        self.cmd = cmd.ok_or_else(|| err!(Protocol, "meta: control without cmd"))?;
        Ok(())
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(8 + 40 * self.nodes.len());
        out.int32(1, self.cmd);
        for node in &self.nodes {
            out.bytes(2, &node.encode());
        }
        if let Some(group) = self.barrier_group {
            out.int32(3, group);
        }
        if let Some(signature) = self.msg_sig {
            out.uint64(4, signature);
        }
        out.finish()
    }
}

impl NodeMeta {
    pub fn decode(bytes: &[u8]) -> Result<Self> {
        let mut node = NodeMeta::default();
        let mut role = None;
        let mut reader = Reader::new(bytes);
        while let Some((number, value)) = reader.field()? {
            match number {
                1 => set(&mut role, value.int32()),
                2 => set(&mut node.id, value.int32()),
                3 => set(&mut node.hostname, value.bytes().map(host).transpose()?),
                4 => set(&mut node.port, value.int32()),
                5 => set(&mut node.is_recovery, value.boolean()),
                10 => set(&mut node.customer_id, value.int32()),
                other => node.extension.read(other, value),
            }
        }
        node.role = role.ok_or_else(|| err!(Protocol, "meta: node without role"))?;
        Ok(node)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer::with_capacity(40);
        out.int32(1, self.role);
        if let Some(id) = self.id {
            out.int32(2, id);
        }
        if let Some(hostname) = &self.hostname {
            out.bytes(3, hostname.as_bytes());
        }
        if let Some(port) = self.port {
            out.int32(4, port);
        }
        if let Some(is_recovery) = self.is_recovery {
            out.boolean(5, is_recovery);
        }
        if let Some(channel) = self.customer_id {
            out.int32(10, channel);
        }
        self.extension.write(&mut out);
        out.finish()
    }
}

/// The last occurrence of a field counts.
fn set<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}

/// A host name goes into endpoints and log lines: text without blanks and control characters.
fn host(bytes: &[u8]) -> Result<String> {
    ensure!(
        bytes.len() <= limits::HOST_BYTES,
        Protocol,
        "hostname: {} bytes, more than {} allowed",
        bytes.len(),
        limits::HOST_BYTES
    );
    let text = std::str::from_utf8(bytes).map_err(|_| err!(Protocol, "hostname: not UTF-8"))?;
    ensure!(
        !text.chars().any(|c| c.is_control() || c.is_whitespace()),
        Protocol,
        "hostname: {text:?} holds blanks or control characters"
    );
    Ok(text.to_owned())
}
