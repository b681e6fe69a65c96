//! The handover package.
