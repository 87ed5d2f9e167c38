//! Who is who in a cluster: [`Role`], [`Rank`], [`NodeId`], [`Group`]. Their numbers on the wire are known
//! here and nowhere else.

use crate::base::Result;
use crate::ensure;
use std::fmt;

/// The wire's "no value": used for ids, request numbers and channels that do not apply.
pub(super) const EMPTY: i32 = i32::MAX;

const SCHEDULER_ID: i32 = 1;
const FIRST_SERVER_ID: i32 = 8;
const FIRST_WORKER_ID: i32 = 9;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    Server,
    Worker,
    Scheduler,
}

impl Role {
    pub fn from_wire(code: i32) -> Option<Self> {
        match code {
            0 => Some(Role::Server),
            1 => Some(Role::Worker),
            2 => Some(Role::Scheduler),
            _ => None,
        }
    }

    pub fn to_wire(self) -> i32 {
        match self {
            Role::Server => 0,
            Role::Worker => 1,
            Role::Scheduler => 2,
        }
    }

    /// The word `DMLC_ROLE` uses.
    pub fn name(self) -> &'static str {
        match self {
            Role::Server => "server",
            Role::Worker => "worker",
            Role::Scheduler => "scheduler",
        }
    }

    /// From the word `DMLC_ROLE` uses.
    pub fn from_name(name: &str) -> Option<Self> {
        [Role::Server, Role::Worker, Role::Scheduler].into_iter().find(|role| role.name() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of a node among the nodes of its role, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rank(u32);

impl Rank {
    /// Above this an id (`8 + 2 * rank`) would no longer fit the wire; far above any real cluster.
    pub const LIMIT: u32 = 1 << 20;

    pub fn new(rank: u32) -> Result<Self> {
        ensure!(rank < Self::LIMIT, InvalidArgument, "rank: expected less than {}, got {rank}", Self::LIMIT);
        Ok(Rank(rank))
    }

    pub fn get(self) -> u32 {
        self.0
    }

    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The first `count` ranks.
    pub fn all(count: u32) -> impl DoubleEndedIterator<Item = Rank> + ExactSizeIterator + Clone {
        (0..count.min(Self::LIMIT)).map(Rank)
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id the scheduler gave a node. Always a valid one: 1, or 8 and above.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(i32);

impl NodeId {
    pub const SCHEDULER: NodeId = NodeId(SCHEDULER_ID);

    pub fn server(rank: Rank) -> Self {
        NodeId(FIRST_SERVER_ID + 2 * rank.0 as i32)
    }

    pub fn worker(rank: Rank) -> Self {
        NodeId(FIRST_WORKER_ID + 2 * rank.0 as i32)
    }

    /// The id of a role's `rank`; a scheduler's rank is always 0.
    pub fn of(role: Role, rank: Rank) -> Self {
        match role {
            Role::Server => NodeId::server(rank),
            Role::Worker => NodeId::worker(rank),
            Role::Scheduler => NodeId::SCHEDULER,
        }
    }

    pub fn from_wire(id: i32) -> Option<Self> {
        let last = FIRST_WORKER_ID + 2 * (Rank::LIMIT as i32 - 1);
        (id == SCHEDULER_ID || (FIRST_SERVER_ID..=last).contains(&id)).then_some(NodeId(id))
    }

    pub fn to_wire(self) -> i32 {
        self.0
    }

    pub fn role(self) -> Role {
        if self.0 == SCHEDULER_ID {
            Role::Scheduler
        } else if self.0 % 2 == FIRST_SERVER_ID % 2 {
            Role::Server
        } else {
            Role::Worker
        }
    }

    pub fn rank(self) -> Rank {
        Rank(((self.0 - FIRST_SERVER_ID) / 2).max(0) as u32)
    }
}

/// `worker 1`, `server 0`, `scheduler`.
impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.role() {
            Role::Scheduler => f.write_str("scheduler"),
            role => write!(f, "{role} {}", self.rank()),
        }
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} (id {})", self.0)
    }
}

/// Counts the lives of one node id: 0 for the node that first got it, one more for each process that took it
/// over. Assigned by the scheduler; MXNet's own nodes do not know it and always appear as 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u32);

/// Who a connection says it is: its identity frame. Nothing proves it (see the auth layer).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// A node that has no id yet, or an identity nobody of ours would choose.
    Anonymous,
    Node(NodeId, Generation),
}

impl Sender {
    pub fn node(self) -> Option<NodeId> {
        match self {
            Sender::Anonymous => None,
            Sender::Node(id, _) => Some(id),
        }
    }

    /// `ps9`, and `ps9.2` for the second successor of the first node 9. MXNet's nodes only understand the
    /// first form: [`Sender::stock_identity`]. The longer one lets a restarted node and a predecessor that
    /// was only paused be told apart, and lets both be connected at the same time.
    pub fn identity(self) -> Vec<u8> {
        match self {
            Sender::Anonymous => Vec::new(),
            Sender::Node(_, Generation(0)) => self.stock_identity(),
            Sender::Node(id, Generation(life)) => format!("ps{}.{life}", id.0).into_bytes(),
        }
    }

    /// The identity to show to MXNet's own nodes.
    pub fn stock_identity(self) -> Vec<u8> {
        match self {
            Sender::Anonymous => Vec::new(),
            Sender::Node(id, _) => format!("ps{}", id.0).into_bytes(),
        }
    }

    /// Reads an identity frame; everything unknown is [`Sender::Anonymous`].
    pub fn parse(identity: &[u8]) -> Self {
        fn parse(identity: &[u8]) -> Option<Sender> {
            let text = std::str::from_utf8(identity).ok()?.strip_prefix("ps")?;
            let (id, life) = text.split_once('.').unwrap_or((text, "0"));
            Some(Sender::Node(NodeId::from_wire(number(id)?)?, Generation(number(life)?)))
        }
        /// Digits only: `str::parse` alone would also take a sign.
        fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
            text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
        }
        parse(identity).unwrap_or(Sender::Anonymous)
    }
}

/// `worker 1`, `worker 1 (life 2)`, `a node without an id`.
impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sender::Anonymous => f.write_str("a node without an id"),
            Sender::Node(id, Generation(0)) => id.fmt(f),
            Sender::Node(id, Generation(life)) => write!(f, "{id} (life {life})"),
        }
    }
}

/// A union of roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(u8);

impl Group {
    pub const SCHEDULER: Group = Group(1);
    pub const SERVERS: Group = Group(2);
    pub const WORKERS: Group = Group(4);
    pub const EVERYBODY: Group = Group(7);

    pub fn union(self, other: Group) -> Group {
        Group(self.0 | other.0)
    }

    pub fn has(self, role: Role) -> bool {
        let bit = match role {
            Role::Scheduler => Group::SCHEDULER,
            Role::Server => Group::SERVERS,
            Role::Worker => Group::WORKERS,
        };
        self.0 & bit.0 != 0
    }

    pub fn to_wire(self) -> i32 {
        i32::from(self.0)
    }

    pub fn from_wire(code: i32) -> Option<Self> {
        u8::try_from(code).ok().filter(|bits| (1..=7).contains(bits)).map(Group)
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `workers`, `workers+servers`, `everybody`.
impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Group::EVERYBODY {
            return f.write_str("everybody");
        }
        let names = [(Role::Worker, "workers"), (Role::Server, "servers"), (Role::Scheduler, "scheduler")];
        let mut joint = "";
        for (_, name) in names.iter().filter(|(role, _)| self.has(*role)) {
            write!(f, "{joint}{name}")?;
            joint = "+";
        }
        Ok(())
    }
}

/// What a group argument of MXNet's API and of the wire may name: a union of roles or one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Audience {
    Group(Group),
    Node(NodeId),
}

impl Audience {
    pub fn from_wire(code: i32) -> Option<Self> {
        match Group::from_wire(code) {
            Some(group) => Some(Audience::Group(group)),
            None => NodeId::from_wire(code).map(Audience::Node),
        }
    }

    pub fn to_wire(self) -> i32 {
        match self {
            Audience::Group(group) => group.to_wire(),
            Audience::Node(id) => id.to_wire(),
        }
    }

    pub fn has(self, node: NodeId) -> bool {
        match self {
            Audience::Group(group) => group.has(node.role()),
            Audience::Node(id) => id == node,
        }
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Audience::Group(group) => group.fmt(f),
            Audience::Node(id) => id.fmt(f),
        }
    }
}

/// Which store of a worker process a message belongs to: 0 for the first one, and always 0 on servers and the
/// scheduler. Some messages of MXNet's nodes carry garbage here, so every `i32` is accepted and echoed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(pub i32);

/// The number of a request among its sender's requests. A response repeats it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId(pub i32);

impl RequestId {
    /// The number after this one. Wraps before the wire's "no value".
    #[must_use]
    pub fn next(self) -> Self {
        RequestId(if (0..EMPTY - 1).contains(&self.0) { self.0 + 1 } else { 0 })
    }

    /// Whether this number was given out after `other`, in a count that goes around.
    pub fn is_after(self, other: RequestId) -> bool {
        let modulus = EMPTY as u32;
        let ahead = (self.0 as u32 % modulus + modulus - other.0 as u32 % modulus) % modulus;
        (1..modulus / 2).contains(&ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_role_and_rank() {
        for rank in Rank::all(300) {
            for role in [Role::Server, Role::Worker] {
                let id = NodeId::of(role, rank);
                assert_eq!((id.role(), id.rank()), (role, rank));
                assert_eq!(NodeId::from_wire(id.to_wire()), Some(id));
            }
        }
        assert_eq!(NodeId::server(Rank(1)).to_wire(), 10);
        assert_eq!(NodeId::worker(Rank(1)).to_wire(), 11);
        assert_eq!(NodeId::SCHEDULER.role(), Role::Scheduler);
        for bad in [i32::MIN, -1, 0, 2, 7, i32::MAX] {
            assert_eq!(NodeId::from_wire(bad), None, "{bad}");
        }
    }

    #[test]
    fn identities_are_read_as_strictly_as_they_are_written() {
        let second = Sender::Node(NodeId::worker(Rank(0)), Generation(2));
        assert_eq!(second.identity(), b"ps9.2");
        assert_eq!(second.stock_identity(), b"ps9");
        assert_eq!(Sender::parse(b"ps9.2"), second);
        assert_eq!(Sender::parse(b"ps1"), Sender::Node(NodeId::SCHEDULER, Generation(0)));
        for bad in ["", "ps", "ps-9", "ps+9", "ps9 ", "ps9.", "ps9.x", "ps7", "PS9", "ps99999999999999"] {
            assert_eq!(Sender::parse(bad.as_bytes()), Sender::Anonymous, "{bad}");
        }
        assert_eq!(Sender::parse(&[0, 1, 2, 3, 4]), Sender::Anonymous);
    }

    #[test]
    fn groups_are_unions_of_roles() {
        let both = Group::WORKERS.union(Group::SERVERS);
        assert_eq!(both.to_wire(), 6);
        assert_eq!(both.to_string(), "workers+servers");
        assert!(!both.has(Role::Scheduler) && both.has(Role::Server));
        assert_eq!(Audience::from_wire(7), Some(Audience::Group(Group::EVERYBODY)));
        assert_eq!(Audience::from_wire(11), Some(Audience::Node(NodeId::worker(Rank(1)))));
        for bad in [0, -4, i32::MAX] {
            assert_eq!(Audience::from_wire(bad), None, "{bad}");
        }
    }

    #[test]
    fn request_numbers_never_become_the_empty_value() {
        assert_eq!(RequestId(EMPTY - 1).next(), RequestId(0));
        assert_eq!(RequestId(-7).next(), RequestId(0));
        assert_eq!(RequestId(3).next(), RequestId(4));
        assert!(RequestId(4).is_after(RequestId(3)) && RequestId(0).is_after(RequestId(EMPTY - 1)));
        assert!(!RequestId(3).is_after(RequestId(3)) && !RequestId(EMPTY - 1).is_after(RequestId(0)));
    }
}
