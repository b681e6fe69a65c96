//! Limits on what a scan asks of an account: concurrency, and a hard cap on calls per second, per
//! account and service. A scanner must not throttle production.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// What one service of one account may be asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// Calls under way at once.
    pub concurrency: usize,
    /// Calls started per second.
    pub per_second: f64,
}

/// Limits by service, well under the request quotas AWS documents: EC2's describe bucket refills
/// 20 a second, IAM's and Security Hub's quotas are of the order of 10 a second, S3 serves bucket
/// settings by the hundred.
#[must_use]
pub fn default_limit(service: &str) -> Limit {
    match service {
        "s3" => Limit { concurrency: 64, per_second: 400.0 },
        "ec2" => Limit { concurrency: 10, per_second: 20.0 },
        "iam" => Limit { concurrency: 10, per_second: 15.0 },
        "kms" | "logs" | "rds" | "secretsmanager" => Limit { concurrency: 10, per_second: 30.0 },
        _ => Limit { concurrency: 5, per_second: 10.0 },
    }
}

struct Gate {
    slots: Arc<Semaphore>,
    spacing: Duration,
    next: Mutex<Instant>,
}

/// The gates of all accounts and services of a scan.
pub struct Limiter {
    gates: Mutex<HashMap<(String, &'static str), Arc<Gate>>>,
    /// Overrides every service's cap, where set.
    cap: Option<f64>,
    /// A tape is nobody's production: nothing there is to be spared.
    bounded: bool,
}

impl Limiter {
    /// Limits by service; `cap` (calls per second) overrides every service's own.
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
    pub(crate) async fn enter(&self, account: &str, service: &'static str) -> Option<OwnedSemaphorePermit> {
        if !self.bounded {
            return None;
        }
        let gate = self.gate(account, service);
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

    fn gate(&self, account: &str, service: &'static str) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry((account.to_owned(), service)).or_insert_with(|| {
            let limit = default_limit(service);
            let per_second = self.cap.unwrap_or(limit.per_second);
            let spacing =
                if per_second.is_finite() { Duration::from_secs_f64(1.0 / per_second) } else { Duration::ZERO };
            Arc::new(Gate {
                slots: Arc::new(Semaphore::new(limit.concurrency)),
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

    #[tokio::test]
    async fn calls_are_spaced_by_the_cap() {
        let limiter = Limiter::new(Some(10.0));
        let start = Instant::now();
        for _ in 0..11 {
            drop(limiter.enter("1", "ec2").await);
        }
        assert!(start.elapsed() >= Duration::from_secs(1));
    }

    #[tokio::test]
    async fn accounts_do_not_wait_for_each_other() {
        let limiter = Limiter::new(Some(1.0));
        let start = Instant::now();
        drop(limiter.enter("1", "ec2").await);
        drop(limiter.enter("2", "ec2").await);
        assert!(start.elapsed() < Duration::from_secs(1));
    }
}
