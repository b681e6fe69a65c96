//! Where the store is.

use std::path::PathBuf;

use clap::Args;

/// Where the store is.
#[derive(Args, Clone)]
pub(super) struct StoreArgument {
    /// Directory of the store.
    #[arg(long, value_name = "DIR", default_value = ".tickmark", env = "TICKMARK_STORE")]
    pub(super) store: PathBuf,
}
