//! Captures on their way to the store.
//!
//! The first captures (who we are, which regions there are) are made before the scan's header can
//! be written; they wait here, numbered as the store will number them.

use std::sync::{Mutex, PoisonError};

use chrono::DateTime;

use crate::collect::exchange::recorder::CaptureSink;
use crate::evidence::error::Failure;
use crate::model::attr::CaptureId;
use crate::model::capture::Capture;
use crate::store::Store;

enum Stage {
    Waiting(Vec<(Capture, Option<Vec<u8>>)>),
    Storing(u64),
}

/// Stores the captures of one scan as they arrive.
pub(crate) struct StoreSink {
    store: Store,
    stage: Mutex<Stage>,
    clocks: Mutex<Clocks>,
}

/// Our clock beside AWS's.
#[derive(Default)]
struct Clocks {
    /// The smallest difference that an answer showed, in seconds: AWS's time less ours. One answer may have
    /// waited in a proxy, or come late; a clock that is wrong is wrong for all of them.
    least: Option<i64>,
}

/// From here on a difference of clocks is said, in seconds. AWS refuses signatures that are 15 minutes off
/// ("Troubleshoot signature errors" in the IAM User Guide), and retries correct for it unseen.
const CLOCK_TOLERANCE: i64 = 300;

impl Clocks {
    fn compare(&mut self, capture: &Capture) {
        let aws = capture.aws_date.as_deref().and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let ours = DateTime::parse_from_rfc3339(&capture.ended).ok();
        if let (Some(aws), Some(ours)) = (aws, ours) {
            let behind = (aws - ours).num_seconds();
            if self.least.is_none_or(|least| behind.abs() < least.abs()) {
                self.least = Some(behind);
            }
        }
    }
}

impl StoreSink {
    /// A sink for the next scan of a store.
    pub(crate) fn new(store: Store) -> Self {
        Self { store, stage: Mutex::new(Stage::Waiting(Vec::new())), clocks: Mutex::default() }
    }

    /// The store behind it.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The store, once nothing more comes.
    pub(crate) fn into_store(self) -> Store {
        self.store
    }

    /// By how many seconds our clock is behind AWS's (ahead where negative), where it is by more than
    /// what answers take.
    pub(crate) fn clock_behind_seconds(&self) -> Option<i64> {
        let clocks = self.clocks.lock().unwrap_or_else(PoisonError::into_inner);
        clocks.least.filter(|behind| behind.abs() > CLOCK_TOLERANCE)
    }

    /// The scan has its number: what waited is stored.
    pub(crate) fn begin(&self, scan: u64) -> Result<(), Failure> {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if let Stage::Waiting(waiting) = std::mem::replace(&mut *stage, Stage::Storing(scan)) {
            for (capture, body) in waiting {
                self.store.put_capture(scan, capture, body.as_deref())?;
            }
        }
        Ok(())
    }
}

impl CaptureSink for StoreSink {
    fn put(&self, mut capture: Capture, body: Option<&[u8]>) -> Result<CaptureId, String> {
        self.clocks.lock().unwrap_or_else(PoisonError::into_inner).compare(&capture);
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *stage {
            Stage::Waiting(waiting) => {
                let number = waiting.len() as CaptureId + 1;
                capture.n = number;
                waiting.push((capture, body.map(<[u8]>::to_vec)));
                Ok(number)
            }
            Stage::Storing(scan) => {
                let scan = *scan;
                drop(stage);
                self.store.put_capture(scan, capture, body).map_err(|error| error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn least(dates: &[(&str, &str)]) -> Option<i64> {
        let mut clocks = Clocks::default();
        for (aws, ours) in dates {
            let shown = serde_json::json!({
                "n": 1, "account": "1", "region": "r", "service": "s", "operation": "o", "input": null, "key": "k",
                "page": 1, "attempt": 1, "endpoint": "e", "started": ours, "ended": ours, "outcome": "answered",
                "aws_date": aws,
            });
            clocks.compare(&serde_json::from_value(shown).expect("a capture"));
        }
        clocks.least
    }

    #[test]
    fn clocks_differ_by_the_least_that_any_answer_shows() {
        let noon = "Tue, 02 Jun 2026 12:00:00 GMT";
        assert_eq!(least(&[(noon, "2026-06-02T11:50:00.000Z")]), Some(600));
        assert_eq!(least(&[(noon, "2026-06-02T12:20:00.000Z"), (noon, "2026-06-02T12:10:00.000Z")]), Some(-600));
        assert_eq!(least(&[(noon, "2026-06-02T11:50:00.000Z"), (noon, "2026-06-02T12:00:01.000Z")]), Some(-1));
        assert_eq!(least(&[("no date", "2026-06-02T12:00:00.000Z")]), None);
    }
}
