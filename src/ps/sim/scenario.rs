//! What a seed stands for: a cluster, a job, a network and a piece of trouble.

use crate::ps::proto::Timing;
use crate::ps::transport::fault::{Faults, Random};
use std::time::Duration;

/// The worst thing that happens in a run. Everything but `None` and `Restarts` may make calls fail; nothing
/// may make them hang.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Only what the network does, and short pauses.
    None,
    /// Worker processes are killed and started again, this many times.
    Restarts(u32),
    /// A worker is killed for good.
    WorkerDies,
    ServerDies,
    SchedulerDies,
    /// A process stands still for so long that it is given up, and then goes on.
    LongPause,
    /// A worker leaves early without waiting for the others.
    Leaves,
}

#[derive(Clone, Debug)]
pub struct Scenario {
    pub seed: u64,
    pub servers: u32,
    /// Stores of each worker process.
    pub processes: Vec<usize>,
    pub keys: usize,
    pub rounds: u64,
    pub sync: bool,
    pub faults: Faults,
    pub pauses: u32,
    pub resend: bool,
    pub trouble: Trouble,
}

/// From here on the network is good and nobody is paused.
pub const FAULTS_STOP: Duration = Duration::from_secs(8);

/// By then everything must have ended.
pub const LIMIT: Duration = Duration::from_secs(200);

impl Scenario {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed ^ 0x5eed);
        let mut processes: Vec<usize> = vec![1; 1 + random.below(4) as usize];
        let trouble = match random.below(12) {
            0..4 => Trouble::None,
            4..8 => Trouble::Restarts(1 + random.below(3) as u32),
            8 => Trouble::WorkerDies,
            9 => Trouble::ServerDies,
            10 if random.chance(500) => Trouble::SchedulerDies,
            10 => Trouble::Leaves,
            _ => Trouble::LongPause,
        };
        if random.chance(200) {
            processes[0] = 2;
        }
        let faults = Faults {
            loss: [0, 0, 20, 100][random.below(4) as usize],
            double: [0, 50, 200][random.below(3) as usize],
            delay: Duration::from_millis([0, 2, 20, 100][random.below(4) as usize]),
        };
        Scenario {
            seed,
            servers: 1 + random.below(3) as u32,
            processes,
            keys: 1 + random.below(3) as usize,
            rounds: 1 + random.below(6),
            sync: random.chance(700),
            faults,
            pauses: random.below(4) as u32,
            resend: random.chance(300),
            trouble,
        }
    }

    /// A perfect network on which every worker joins, initialises and pushes once.
    pub fn quiet(processes: Vec<usize>, servers: u32) -> Self {
        Scenario {
            seed: 0,
            servers,
            processes,
            keys: 1,
            rounds: 1,
            sync: true,
            faults: Faults::NONE,
            pauses: 0,
            resend: false,
            trouble: Trouble::None,
        }
    }

    pub fn workers(&self) -> usize {
        self.processes.iter().sum()
    }

    pub fn may_fail(&self) -> bool {
        !matches!(self.trouble, Trouble::None | Trouble::Restarts(_))
    }

    pub fn timing(&self) -> Timing {
        let ms = Duration::from_millis;
        Timing {
            start: ms(30_000),
            progress: ms(1000),
            repeat: ms(150),
            query: ms(250),
            heartbeat: Some(ms(200)),
            dead_after: ms(1500),
            dead_after_stock: None,
            rejoin: ms(3000),
            abandon: ms(10_000),
            barrier: ms(120_000),
            request: ms(120_000),
            shutdown: ms(8_000),
            linger: ms(1000),
            resend: self.resend.then_some(ms(300)),
        }
    }
}
