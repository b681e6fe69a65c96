//! The process is killed at random moments; afterwards the store opens, verifies, and takes a new
//! scan.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::counts::report;
use crate::machine::Machine;

const MOMENTS: u32 = 50;

const DEMO: &str = "demo --store s --out r";

/// A small generator of the same numbers in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

#[test]
fn a_killed_scan_leaves_a_store_that_verifies_and_takes_the_next() {
    let machine = Machine::new();
    let start = Instant::now();
    assert_eq!(machine.say(DEMO).code, 0);
    let life = u64::try_from(start.elapsed().as_micros()).expect("a short time");
    let mut numbers = Numbers(7);
    let (mut killed, mut too_late) = (0, 0);
    for moment in 0..MOMENTS {
        let mut child = machine.tickmark().args(DEMO.split(' ')).stdout(Stdio::null()).spawn().expect("starts");
        std::thread::sleep(Duration::from_micros(numbers.below(life)));
        child.kill().expect("kills");
        match child.wait().expect("waits").code() {
            None => killed += 1,
            Some(_) => too_late += 1,
        }
        let opened = machine.say("history --store s");
        assert_eq!(opened.code, 0, "moment {moment}: the store opens: {opened:?}");
        if moment % 10 == 9 {
            assert_eq!(machine.say(DEMO).code, 0, "moment {moment}: a new scan works");
            let verified = machine.say("verify --store s");
            assert_eq!(verified.code, 0, "moment {moment}: {verified:?}");
        }
    }
    let verified = machine.say("verify --store s");
    assert_eq!(verified.code, 0, "{verified:?}");
    let history = machine.say("history --store s").out;
    let aborted = history.matches("aborted").count();
    let line = format!(
        "kill test: {MOMENTS} moments, {killed} killed under way, {too_late} had ended; {aborted} scans sealed as aborted, the store verified"
    );
    report("kill", &line, &history);
    assert!(killed >= MOMENTS / 2, "{line}");
}
