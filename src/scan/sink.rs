//! Captures on their way to the store.
//!
//! The first captures (who we are, which regions there are) are made before the scan's header can
//! be written; they wait here, numbered as the store will number them.

use std::sync::{Mutex, PoisonError};

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
}

impl StoreSink {
    /// A sink for the next scan of a store.
    pub(crate) fn new(store: Store) -> Self {
        Self { store, stage: Mutex::new(Stage::Waiting(Vec::new())) }
    }

    /// The store behind it.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The store, once nothing more comes.
    pub(crate) fn into_store(self) -> Store {
        self.store
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
