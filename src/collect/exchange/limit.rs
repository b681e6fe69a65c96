//! Limits on what a scan asks of an account: concurrency, and a hard cap on calls per second, per
//! account and quota. A scanner must not throttle production.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::operation::Rate;

struct Gate {
    slots: Arc<Semaphore>,
    spacing: Duration,
    next: Mutex<Instant>,
}

/// The gates of all accounts and quotas of a scan.
pub struct Limiter {
    gates: Mutex<HashMap<(String, &'static str), Arc<Gate>>>,
    /// Overrides every quota's cap, where set.
    cap: Option<f64>,
    /// A tape is nobody's production: nothing there is to be spared.
    bounded: bool,
}

impl Limiter {
    /// Limits by quota; `cap` (calls per second) overrides every quota's own.
    #[must_use]
    pub fn new(cap: Option<f64>) -> Self {
        Self { gates: Mutex::new(HashMap::new()), cap, bounded: true }
    }

    /// No limits: for tapes, and nothing else.
    #[must_use]
    pub fn unbounded() -> Self {
        Self { gates: Mutex::new(HashMap::new()), cap: None, bounded: false }
    }

    /// Waits for leave to make one call; holding the permit is being under way.
    pub(crate) async fn enter(&self, account: &str, rate: Rate) -> Option<OwnedSemaphorePermit> {
        if !self.bounded {
            return None;
        }
        let gate = self.gate(account, rate);
        let permit = Arc::clone(&gate.slots).acquire_owned().await.ok();
        let start = {
            let mut next = gate.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(Instant::now());
            *next = start + gate.spacing;
            start
        };
        if !gate.spacing.is_zero() {
            tokio::time::sleep_until(start).await;
        }
        permit
    }

    fn gate(&self, account: &str, rate: Rate) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry((account.to_owned(), rate.bucket)).or_insert_with(|| {
            let per_second = self.cap.unwrap_or(rate.per_second);
            let spacing =
                if per_second.is_finite() { Duration::from_secs_f64(1.0 / per_second) } else { Duration::ZERO };
            Arc::new(Gate {
                slots: Arc::new(Semaphore::new(rate.concurrency)),
                spacing,
                next: Mutex::new(Instant::now()),
            })
        });
        Arc::clone(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC2: Rate = Rate::per_second("ec2", 20.0);

    #[tokio::test]
    async fn calls_are_spaced_by_the_cap() {
        let limiter = Limiter::new(Some(10.0));
        let start = Instant::now();
        for _ in 0..11 {
            drop(limiter.enter("1", EC2).await);
        }
        assert!(start.elapsed() >= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn accounts_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Some(1.0));
        let start = Instant::now();
        drop(limiter.enter("1", EC2).await);
        drop(limiter.enter("2", EC2).await);
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}
