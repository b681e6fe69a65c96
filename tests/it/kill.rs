//! The process is killed at random moments: the store opens, what was sealed is proved, and a new
//! scan works.

use std::process::Stdio;
use std::time::{Duration, Instant};

use tickmark::collect::exchange::session::Session;
use tickmark::model::scan::ScanSelection;
use tickmark::scan::Scanner;
use tickmark::store::Store;

use crate::counts::report;
use crate::emulator::moto;
use crate::fault_matrix::Reel;
use crate::machine::Machine;

const KILLS: u32 = 50;

/// A sequence of numbers that looks random and is the same every time (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }
}

#[test]
fn a_scan_killed_at_any_moment_leaves_a_store_that_opens_verifies_and_scans() {
    let machine = Machine::new();
    // A scan long enough to be killed amid its calls, and short enough to be begun fifty times.
    let scan = format!(
        "scan --endpoint-url {} --region us-east-1 --region eu-west-1 --service s3 --service iam --service kms --max-rps 150",
        moto().url
    );
    // The first one makes the store as well.
    let life = [(); 2]
        .map(|()| {
            let start = Instant::now();
            assert_eq!(machine.say(&scan).code, 1);
            start.elapsed()
        })
        .into_iter()
        .min()
        .expect("two times");
    let (scanner, reel) = (Scanner::new("nightly").expect("the built-in rules"), Reel::demo());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut dice = Dice(20_260_314);
    let (mut amid, mut before, mut ended) = (0, 0, 0);
    let began = Instant::now();
    for kill in 0..KILLS {
        let moment = Duration::from_micros(dice.below(u64::try_from(life.as_micros()).expect("short")));
        let mut child = machine
            .tickmark()
            .args(scan.split(' '))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        std::thread::sleep(moment);
        let over = child.try_wait().expect("waits").is_some();
        child.kill().expect("kills, or it has ended");
        child.wait().expect("waits");

        let history = machine.say("history");
        assert_eq!(history.code, 0, "kill {kill} at {moment:?}: {history:?}");
        match (over, history.out.contains("running")) {
            (true, _) => ended += 1,
            (false, true) => amid += 1,
            (false, false) => before += 1,
        }
        let verify = machine.say("verify");
        assert_eq!(verify.code, 0, "kill {kill} at {moment:?}: {}", verify.out);
        let asked = ScanSelection { controls: vec!["s3-tls-only".to_owned()], ..ScanSelection::default() };
        let scan = runtime.block_on(scanner.scan(&machine.path(".tickmark"), asked, reel.now, |sink| {
            Session::play_and_record(reel.tape(), Some(&reel.first_region), sink)
        }));
        let number = scan.unwrap_or_else(|why| panic!("kill {kill} at {moment:?}: no new scan: {why}"));
        let store = Store::open_read_only(&machine.path(".tickmark")).expect("opens");
        assert_eq!(store.last_sealed().expect("reads"), Some(number), "the log has no gaps");
    }
    let last = machine.say(&scan);
    assert_eq!(last.code, 1, "{last:?}");
    let verify = machine.say("verify");
    assert_eq!(verify.code, 0, "{verify:?}");
    let again = machine.say("reperform");
    assert_eq!(again.code, 0, "{again:?}");
    let history = machine.say("history");
    assert!(!history.out.contains("running"), "{}", history.out);
    let aborted = history.out.lines().filter(|line| line.contains("aborted")).count();
    assert!(amid > 5 && aborted >= amid, "{aborted} aborted of {amid}\n{}", history.out);
    report(
        "kill",
        &format!(
            "kill test: {KILLS} kills, {amid} amid a scan, {before} outside one, {ended} after its end; the store opened, \
             verified and took a new scan after each, in {:.0} s",
            began.elapsed().as_secs_f64()
        ),
        &history.out,
    );
}
