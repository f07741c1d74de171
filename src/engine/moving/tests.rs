//! Sessions that move all the time, over loopback.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::sync::atomic::AtomicBool;
use std::thread::JoinHandle;

use super::*;
use crate::engine::port::LaneKind;
use crate::engine::tests::{Cores, Rig, Seen, assert_prefix, frame, wait_for};
use crate::record::CloseReason;

const KINDS: &[LaneKind] = &[LaneKind::Block, LaneKind::Drop, LaneKind::Block];

/// Two reactors and two writers, on two cores where there are so many.
fn cores() -> Cores {
    match core_affinity::get_core_ids().is_some_and(|cores| cores.iter().any(|c| c.id == 1)) {
        true => (&[0, 1], &[1, 0]),
        false => (&[0, 0], &[0, 0]),
    }
}

/// Routers that send until they are told to end or nobody listens.
struct Routers {
    end: Arc<AtomicBool>,
    threads: Vec<JoinHandle<u32>>,
}

impl Routers {
    fn start(rig: &Rig, count: u32) -> Self {
        let end = Arc::<AtomicBool>::default();
        let threads = (0..count).map(|sender| {
            let (address, end) = (rig.address, Arc::clone(&end));
            std::thread::spawn(move || {
                let router = TcpStream::connect(address).unwrap();
                send(router, sender, &end)
            })
        });
        Self { threads: threads.collect(), end }
    }

    /// Whole messages that each has sent.
    fn finish(self) -> Vec<u32> {
        self.end.store(true, Ordering::Relaxed);
        self.threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    }
}

/// Sends messages in pieces that end anywhere but where the messages end.
fn send(mut router: TcpStream, sender: u32, end: &AtomicBool) -> u32 {
    let (mut seq, mut octets) = (0, Vec::new());
    while !end.load(Ordering::Relaxed) {
        for _ in 0..20 {
            octets.extend(frame(sender, seq));
            seq += 1;
        }
        let cut = octets.len() - 1 - seq as usize % 90;
        if router.write_all(&octets[..cut]).is_err() {
            return seq;
        }
        octets.drain(..cut);
        std::thread::sleep(Duration::from_millis(1));
    }
    let _ = router.write_all(&octets);
    seq
}

fn moves(rig: &Rig) -> u64 {
    rig.sum(|c| c.sessions_moved.get())
}

/// Every message of each session once and in order, and nothing of what was sent is missing.
#[track_caller]
fn assert_whole(sessions: &[Seen], mut sent: Vec<u32>) {
    sessions.iter().for_each(assert_prefix);
    let mut seen: Vec<_> = sessions.iter().map(|seen| seen.frames.len() as u32).collect();
    seen.sort_unstable();
    sent.sort_unstable();
    assert_eq!(seen, sent);
}

#[test]
fn no_session_is_sent_to_a_reactor_that_may_have_ended() {
    let (mail, stop) = (Mail::default(), StopFlag::default());
    assert!(announce(&mail, &stop));
    assert_eq!(mail.sessions(), 1, "it waits for the session that is on its way");
    stop.enter(Phase::Drain);
    assert!(!announce(&mail, &stop));
    assert_eq!(mail.sessions(), 1);
}

#[test]
fn thousands_of_moves_lose_and_reorder_nothing() {
    let rig = Rig::shuffling(cores(), KINDS);
    let _quiet = [rig.router(), rig.router()];
    let routers = Routers::start(&rig, 8);
    let (dropping, mut looks) = (&rig.views[1].blocked, 0);
    wait_for("5 000 moves", || {
        // The output that may drop stands still from time to time.
        dropping.store(looks % 100 < 5, Ordering::Relaxed);
        looks += 1;
        moves(&rig) >= 5_000
    });
    dropping.store(false, Ordering::Relaxed);
    let sent = routers.finish();
    for view in &rig.views {
        wait_for("the sessions to close", || view.closed() == 8);
    }
    // One that is on its way is counted nowhere.
    wait_for("the others", || rig.sum(|c| c.sessions_open.get()) == 2);
    assert_eq!(rig.sum(|c| c.sessions_opened.get()), 10);
    assert_eq!(rig.sum(|c| c.messages.get()), sent.iter().map(|n| u64::from(*n)).sum::<u64>());
    let (views, moved) = (rig.views.clone(), moves(&rig));
    let outcome = rig.stop();
    assert!(outcome.is_clean(), "{outcome:?}");
    for view in [&views[0], &views[2]] {
        assert_eq!(view.closed(), 10);
        let sessions = view.sessions().into_iter();
        let busy: Vec<_> = sessions.filter(|seen| !seen.frames.is_empty()).collect();
        assert!(busy.iter().all(|seen| seen.closed == Some(CloseReason::EndOfStream)));
        assert_whole(&busy, sent.clone());
    }
    for seen in views[1].sessions() {
        assert!(seen.opened && seen.closed.is_some(), "markers are never dropped");
        assert!(seen.frames.is_sorted_by(|a, b| a.0 == b.0 && a.1 < b.1), "out of order");
    }
    println!("{moved} moves, {} messages", sent.iter().sum::<u32>());
}

#[test]
fn a_stop_while_sessions_move_closes_each_of_them_once() {
    // With a single session the reactor that it goes to would end without it.
    let rounds = std::iter::repeat_n((6, 2), 8).chain(std::iter::repeat_n((1, 0), 40));
    for (round, (busy, quiet)) in rounds.enumerate() {
        let rig = Rig::shuffling(cores(), &[LaneKind::Block]);
        let _quiet: Vec<_> = (0..quiet).map(|_| rig.router()).collect();
        let (routers, all) = (Routers::start(&rig, busy), busy as usize + quiet);
        wait_for("some moves", || moves(&rig) > 10 + round as u64);
        wait_for("everyone", || rig.sum(|c| c.sessions_opened.get()) == all as u64);
        let (view, reactors) = (Arc::clone(&rig.views[0]), rig.reactors.clone());
        let outcome = rig.stop();
        assert!(outcome.is_clean(), "{outcome:?}");
        let sessions = view.sessions();
        assert_eq!(sessions.len(), all);
        assert!(sessions.iter().all(|seen| seen.closed == Some(CloseReason::Shutdown)));
        sessions.iter().for_each(assert_prefix);
        let sum = |of: fn(&crate::telemetry::counters::ReactorCounters) -> u64| {
            reactors.iter().map(|counters| of(counters)).sum::<u64>()
        };
        assert_eq!(sum(|c| c.sessions_open.get()), 0);
        assert_eq!(sum(|c| c.sessions_closed.get()), all as u64);
        assert_eq!(sum(|c| c.messages.get()), view.frames() as u64);
        let sent: usize = routers.finish().into_iter().map(|sent| sent as usize).sum();
        assert!(view.frames() <= sent);
    }
}

#[test]
fn an_output_that_stands_still_keeps_sessions_where_they_are_and_holds_nobody_back() {
    let rig = Rig::shuffling(cores(), &[LaneKind::Drop, LaneKind::Block]);
    rig.views[0].blocked.store(true, Ordering::Relaxed);
    let routers = Routers::start(&rig, 4);
    wait_for("messages in spite of it", || rig.views[1].frames() > 10_000);
    let sent = routers.finish();
    wait_for("the sessions to close", || rig.views[1].closed() == 4);
    assert_whole(&rig.views[1].sessions(), sent);
    rig.views[0].blocked.store(false, Ordering::Relaxed);
    wait_for("the other one", || rig.views[0].closed() == 4);
    let outcome = rig.stop();
    assert!(outcome.is_clean(), "{outcome:?}");
}
