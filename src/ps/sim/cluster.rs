//! A whole cluster in one loop.

use super::invariants::{self, barriers::Barriers, reads::Reads};
use super::network::{Agenda, Pid, What};
use super::process::{Input, Node, Process, Wants};
use super::scenario::{FAULTS_STOP, LIMIT, Scenario, Trouble};
use super::script::{Job, Script, World};
use super::toy::Toy;
use crate::ps::id::{Channel, Role, Sender};
use crate::ps::keyspace::KeySpace;
use crate::ps::proto::{Scheduler, Server, Settings, Worker, WorkerCall};
use crate::ps::transport::fault::{Faults, Random};
use crate::ps::wire::{Capabilities, Endpoint};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub struct Cluster {
    scenario: Scenario,
    agenda: Agenda,
    random: Random,
    processes: Vec<Process>,
    scripts: Vec<Script>,
    world: World,
    /// Where somebody listens, or used to.
    listening: BTreeMap<Endpoint, Pid>,
    killed: BTreeSet<Pid>,
    nonce: u64,
    port: u16,
    /// Trouble still to come, and how many pushes have to be acknowledged before.
    crises: Vec<u64>,
    restart: Option<(Duration, Pid)>,
    steps: u64,
    trace: bool,
}

/// What a run came to, besides violations.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub steps: u64,
    pub failures: u64,
    pub acknowledged: u64,
    pub duplicates: u64,
    pub resent: u64,
    pub ended: Duration,
}

impl Cluster {
    pub fn new(scenario: Scenario, trace: bool) -> Self {
        let mut random = Random::new(scenario.seed);
        let space = KeySpace::new(scenario.servers, 8).unwrap();
        let mut key = |number: usize| {
            let elements = if random.chance(500) { 1 + random.below(7) } else { 8 + random.below(20) };
            (elements, space.dense(number as u32, elements).unwrap())
        };
        let keys = (0..scenario.keys).map(&mut key).collect();
        let workers = scenario.workers();
        // Barriers are counted by program order, which a restart breaks.
        let barriers = matches!(scenario.trouble, Trouble::None | Trouble::Leaves);
        let job = Job { keys, rounds: scenario.rounds, sync: scenario.sync, barriers };
        let world = World {
            job,
            reads: Reads::new(workers),
            barriers: Barriers::new(workers),
            violations: Vec::new(),
            may_fail: scenario.may_fail(),
            failures: 0,
            next_call: 0,
        };
        let mut agenda = Agenda::new(Random::new(random.bits()));
        agenda.faults = scenario.faults;
        let expected = workers as u64 * scenario.rounds;
        let count = match scenario.trouble {
            Trouble::None => 0,
            Trouble::Restarts(times) => times,
            _ => 1,
        };
        let mut crises: Vec<u64> = (0..count).map(|_| 1 + random.below(expected)).collect();
        crises.sort_unstable();
        let mut cluster = Cluster {
            scenario,
            agenda,
            random,
            processes: Vec::new(),
            scripts: Vec::new(),
            world,
            listening: BTreeMap::new(),
            killed: BTreeSet::new(),
            nonce: 0,
            port: 9000,
            crises,
            restart: None,
            steps: 0,
            trace,
        };
        cluster.populate();
        cluster
    }

    fn populate(&mut self) {
        let spread = Duration::from_millis(500);
        let later = |random: &mut Random| random.duration(spread);
        let at = later(&mut self.random);
        self.spawn(Role::Scheduler, scheduler_at(), at);
        for _ in 0..self.scenario.servers {
            let (endpoint, at) = (self.endpoint(), later(&mut self.random));
            self.spawn(Role::Server, endpoint, at);
        }
        let mut worker = 0;
        for stores in self.scenario.processes.clone() {
            let (endpoint, at) = (self.endpoint(), later(&mut self.random));
            let pid = self.spawn(Role::Worker, endpoint, at);
            for channel in 0..stores {
                let random = Random::new(self.random.bits());
                let mut script = Script::new(worker, pid, Channel(channel as i32), random);
                if self.scenario.trouble == Trouble::Leaves && self.scripts.is_empty() && stores == 1 {
                    script.leaves_after = Some(1 + self.random.below(self.scenario.rounds));
                }
                self.scripts.push(script);
                worker += 1;
            }
        }
        let mut awake: Vec<Pid> = (0..self.processes.len()).collect();
        for _ in 0..self.scenario.pauses.min(awake.len() as u32) {
            let pid = awake.remove(self.random.below(awake.len() as u64) as usize);
            let from = self.random.duration(FAULTS_STOP);
            // Short enough not to be given up, and if others are waiting for a vacant place, not to be taken for
            // dead: a newcomer cannot tell which of two silent nodes it succeeds.
            let longest = if matches!(self.scenario.trouble, Trouble::Restarts(_)) { 1000 } else { 2500 };
            let pause = self.random.duration(Duration::from_millis(longest));
            self.processes[pid].pauses.push((from, from + pause));
        }
        self.agenda.at(FAULTS_STOP, What::Plan);
    }

    fn endpoint(&mut self) -> Endpoint {
        self.port += 1;
        Endpoint::new(["10.0.0.1", "10.0.0.2", "10.0.0.10"][self.random.below(3) as usize], self.port)
    }

    fn spawn(&mut self, role: Role, endpoint: Endpoint, at: Duration) -> Pid {
        self.nonce += 1;
        let settings = Settings {
            role,
            workers: self.scenario.workers() as u32,
            servers: self.scenario.servers,
            scheduler: scheduler_at(),
            endpoint: endpoint.clone(),
            nonce: self.nonce,
            capabilities: Capabilities::MXKV.and(Capabilities::HEARTBEATS),
            timing: self.scenario.timing(),
        };
        let node = match role {
            Role::Scheduler => Node::Scheduler(Scheduler::new(settings)),
            Role::Server => Node::Server(Server::new(settings), Toy::default()),
            Role::Worker => Node::Worker(Worker::new(settings)),
        };
        let pid = self.processes.len();
        let mut process = Process::new(node, endpoint, at);
        process.trace = self.trace;
        self.processes.push(process);
        self.agenda.at(at, What::Wake(pid));
        pid
    }

    // ---- running ----

    pub fn run(mut self) -> Result<Report, String> {
        while let Some(what) = self.agenda.pop() {
            if self.agenda.now > LIMIT || self.steps > 2_000_000 {
                break;
            }
            match what {
                What::Deliver { to, from, frames } => self.deliver(to, from, frames),
                What::Wake(pid) => self.wake(pid),
                What::Plan => self.plan(),
            }
            if !self.world.violations.is_empty() {
                break;
            }
            self.trouble();
        }
        self.verdict()
    }

    fn deliver(&mut self, to: Endpoint, from: Sender, frames: crate::ps::wire::Frames) {
        let now = self.agenda.now;
        let Some(&pid) = self.listening.get(&to) else {
            // Whoever connects before the other listens tries again.
            return self.agenda.at(now + Duration::from_millis(20), What::Deliver { to, from, frames });
        };
        let process = &self.processes[pid];
        if !process.alive || process.result.is_some() {
            return;
        }
        if let Some(until) = process.paused(now) {
            return self.agenda.at(until, What::Deliver { to, from, frames });
        }
        self.step(pid, Input::Arrived { from, frames });
    }

    fn wake(&mut self, pid: Pid) {
        let now = self.agenda.now;
        let process = &mut self.processes[pid];
        if !process.alive || process.result.is_some() {
            return;
        }
        if let Some(until) = process.paused(now) {
            process.wake = Some(until);
            return self.agenda.at(until, What::Wake(pid));
        }
        if !process.started {
            process.started = true;
            process.wake = None;
            process.since = now;
            self.listening.insert(process.endpoint.clone(), pid);
            self.step(pid, Input::Start);
            for at in 0..self.scripts.len() {
                if self.scripts[at].pid == pid {
                    let calls = self.scripts[at].begin(&mut self.world);
                    self.call(pid, calls);
                }
            }
            return;
        }
        if process.wake.is_some_and(|wake| wake <= now) {
            process.wake = None;
            self.step(pid, Input::Tick);
            let process = &self.processes[pid];
            if process.wake_at().is_some_and(|wake| wake <= now) {
                self.world.violations.push(format!("{} wants to be woken at once again", process.endpoint));
            }
        }
    }

    fn step(&mut self, pid: Pid, input: Input) {
        self.steps += 1;
        let now = self.agenda.now;
        let process = &mut self.processes[pid];
        let Wants { send, finished, .. } = process.step(now, input);
        if let Some(wake) = process.wake_at()
            && process.wake.is_none_or(|planned| wake < planned)
        {
            process.wake = Some(wake);
            self.agenda.at(wake, What::Wake(pid));
        }
        for (to, from, frames) in send {
            // With resending on, a first registration is never repeated: a real network delivers it or says so.
            let certain = self.scenario.resend && from == Sender::Anonymous;
            self.agenda.send(&to, from, &frames, certain);
        }
        for (call, result) in finished {
            for at in 0..self.scripts.len() {
                if let Some(calls) = self.scripts[at].finished(&mut self.world, call, &result) {
                    self.call(pid, calls);
                    break;
                }
            }
        }
    }

    fn call(&mut self, pid: Pid, calls: Vec<WorkerCall>) {
        for call in calls {
            if self.processes[pid].alive {
                self.step(pid, Input::Worker(call));
            }
        }
    }

    // ---- trouble ----

    /// Faults stop.
    fn plan(&mut self) {
        if self.agenda.now >= FAULTS_STOP {
            self.agenda.faults = Faults { loss: 0, double: 0, ..self.scenario.faults };
        }
        if let Some((at, pid)) = self.restart.filter(|(at, _)| *at <= self.agenda.now) {
            self.restart = None;
            self.start_again(at, pid);
        }
    }

    fn trouble(&mut self) {
        let due = self.crises.first().is_some_and(|pushes| *pushes <= self.world.reads.acknowledged);
        // One after the other: whoever is away for longer than the others wait has missed the end of the job.
        if !due || self.restart.is_some() || self.scripts.iter().any(Script::is_joining) {
            return;
        }
        self.crises.remove(0);
        let now = self.agenda.now;
        match self.scenario.trouble {
            Trouble::None | Trouble::Leaves => {}
            Trouble::Restarts(_) => {
                if let Some(pid) = self.pick(Role::Worker) {
                    self.kill(pid);
                    let at = now + self.random.duration(Duration::from_secs(2));
                    self.restart = Some((at, pid));
                    self.agenda.at(at, What::Plan);
                }
            }
            Trouble::WorkerDies => self.kill_one(Role::Worker),
            Trouble::ServerDies => self.kill_one(Role::Server),
            Trouble::SchedulerDies => self.kill_one(Role::Scheduler),
            Trouble::LongPause => {
                let role = [Role::Worker, Role::Server, Role::Scheduler][self.random.below(3) as usize];
                if let Some(pid) = self.pick(role) {
                    let pause = Duration::from_secs(3) + self.random.duration(Duration::from_secs(5));
                    self.processes[pid].pauses.push((now, now + pause));
                }
            }
        }
    }

    fn pick(&mut self, role: Role) -> Option<Pid> {
        let fits = |process: &Process| {
            process.alive && process.result.is_none() && process.post().settings.role == role
        };
        let all: Vec<_> = (0..self.processes.len()).filter(|pid| fits(&self.processes[*pid])).collect();
        // A worker on its way out is not worth restarting: the job is over for it.
        let busy = |pid: &Pid| self.scripts.iter().all(|script| script.pid != *pid || !script.is_gone());
        let all: Vec<_> = all.into_iter().filter(busy).collect();
        if all.is_empty() { None } else { Some(all[self.random.below(all.len() as u64) as usize]) }
    }

    fn kill_one(&mut self, role: Role) {
        if let Some(pid) = self.pick(role) {
            self.kill(pid);
            for at in 0..self.scripts.len() {
                if self.scripts[at].pid == pid {
                    self.world.barriers.excuse(self.scripts[at].worker);
                }
            }
        }
    }

    fn kill(&mut self, pid: Pid) {
        if self.trace {
            eprintln!("{:?} {}: killed", self.agenda.now, self.processes[pid].endpoint);
        }
        self.processes[pid].alive = false;
        self.killed.insert(pid);
    }

    fn start_again(&mut self, at: Duration, pid: Pid) {
        let endpoint =
            if self.random.chance(300) { self.processes[pid].endpoint.clone() } else { self.endpoint() };
        let successor = self.spawn(Role::Worker, endpoint, at);
        for at in 0..self.scripts.len() {
            if self.scripts[at].pid == pid {
                let (worker, channel) = (self.scripts[at].worker, self.scripts[at].channel);
                let random = Random::new(self.random.bits());
                self.scripts[at] = Script::new(worker, successor, channel, random);
            }
        }
    }

    // ---- the end ----

    fn verdict(self) -> Result<Report, String> {
        if self.trace {
            for process in &self.processes {
                eprintln!("{}: planned {:?}, wants {:?}", process.endpoint, process.wake, process.wake_at());
            }
        }
        let mut violations = self.world.violations.clone();
        let mut check = |result: Result<(), String>| violations.extend(result.err());
        let live = |script: &&Script| !self.killed.contains(&script.pid);
        let open = self.scripts.iter().filter(live).map(Script::open_calls).sum();
        check(invariants::ends::check(&self.processes, open, self.scenario.may_fail()));
        let mut stores = BTreeMap::new();
        for process in &self.processes {
            if let Node::Server(server, toy) = &process.node {
                // Whoever fails may leave before the others have finished.
                let missing = match self.scenario.trouble {
                    Trouble::None | Trouble::Restarts(_) => 0,
                    Trouble::Leaves => 1,
                    _ => self.scenario.workers(),
                };
                let least = self.scenario.workers() - missing;
                check(invariants::rounds::everybody_takes_part(&toy.rounds, least));
                let exact = self.scenario.trouble == Trouble::None;
                let (reads, workers) = (&self.world.reads, self.scenario.workers());
                check(invariants::rounds::applied_once(&toy.store, reads, workers, exact));
                if let Some(id) = server.post().id() {
                    stores.insert(id.rank(), toy.store.clone());
                }
            }
        }
        check(invariants::tiling::check(&stores, &self.world.job.keys));
        let finished = !self.scenario.may_fail();
        for worker in (0..self.scenario.workers()).filter(|_| finished) {
            for shard in self.world.job.keys.iter().flat_map(|(_, shards)| shards) {
                let pushes = self.world.reads.pushes(shard.key, worker);
                if pushes.acknowledged != self.world.job.rounds {
                    check(Err(format!("worker {worker} did not finish part {}: {pushes:?}", shard.key)));
                }
            }
        }
        let mut report = Report {
            steps: self.steps,
            failures: self.world.failures,
            acknowledged: self.world.reads.acknowledged,
            ended: self.agenda.now,
            ..Report::default()
        };
        for process in &self.processes {
            report.duplicates += process.post().counters.duplicates;
            report.resent += process.post().counters.resent;
        }
        match violations.first() {
            None => Ok(report),
            Some(first) => Err(format!("{first}\n  {:?}\n  {report:?}", self.scenario)),
        }
    }
}

fn scheduler_at() -> Endpoint {
    Endpoint::new("10.0.0.1", 9000)
}
