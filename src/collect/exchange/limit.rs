//! Limits on what a scan asks of an account: a hard cap on calls per second, per account and quota, and
//! calls under way at once, per account, quota and region. A scanner must not throttle production; and
//! the calls that hang in one region must not take the places of the others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::operation::Rate;

/// What is shared by all regions: the time between two calls.
struct Gate {
    spacing: Duration,
    next: Mutex<Instant>,
}

/// Account, name of the bucket, region.
type Place = (String, &'static str, String);

/// The gates of all accounts and quotas of a scan.
pub struct Limiter {
    gates: Mutex<HashMap<(String, &'static str), Arc<Gate>>>,
    slots: Mutex<HashMap<Place, Arc<Semaphore>>>,
    /// Overrides every quota's cap, where set.
    cap: Option<f64>,
    /// A tape is nobody's production: nothing there is to be spared.
    bounded: bool,
}

impl Limiter {
    /// Limits by quota; `cap` (calls per second) overrides every quota's own.
    #[must_use]
    pub fn new(cap: Option<f64>) -> Self {
        Self { gates: Mutex::default(), slots: Mutex::default(), cap, bounded: true }
    }

    /// No limits: for tapes, and nothing else.
    #[must_use]
    pub fn unbounded() -> Self {
        Self { gates: Mutex::default(), slots: Mutex::default(), cap: None, bounded: false }
    }

    /// Waits for leave to make one call; holding the permit is being under way. What is `spared` is
    /// not production, and has no cap on calls per second.
    pub(crate) async fn enter(
        &self,
        account: &str,
        region: &str,
        rate: Rate,
        spared: bool,
    ) -> Option<OwnedSemaphorePermit> {
        if !self.bounded {
            return None;
        }
        let permit = self.slots(account, region, rate).acquire_owned().await.ok();
        if spared && self.cap.is_none() {
            return permit;
        }
        let gate = self.gate(account, rate);
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
            Arc::new(Gate { spacing, next: Mutex::new(Instant::now()) })
        });
        Arc::clone(gate)
    }

    fn slots(&self, account: &str, region: &str, rate: Rate) -> Arc<Semaphore> {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let place = (account.to_owned(), rate.bucket, region.to_owned());
        Arc::clone(slots.entry(place).or_insert_with(|| Arc::new(Semaphore::new(rate.concurrency))))
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
            drop(limiter.enter("1", "eu-west-1", EC2, false).await);
        }
        assert!(start.elapsed() >= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn accounts_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Some(1.0));
        let start = Instant::now();
        drop(limiter.enter("1", "eu-west-1", EC2, false).await);
        drop(limiter.enter("2", "eu-west-1", EC2, false).await);
        assert!(start.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test]
    async fn calls_that_hang_in_one_region_take_no_place_of_another() {
        let limiter = Limiter::new(None);
        let rate = Rate { concurrency: 1, ..EC2 };
        let hangs = limiter.enter("1", "eu-west-1", rate, true).await;
        assert!(hangs.is_some());
        let other = tokio::time::timeout(Duration::from_secs(5), limiter.enter("1", "us-east-1", rate, true)).await;
        assert!(other.is_ok(), "another region waits");
        let same = tokio::time::timeout(Duration::from_millis(50), limiter.enter("1", "eu-west-1", rate, true)).await;
        assert!(same.is_err(), "the places of one region are bounded");
    }
}
