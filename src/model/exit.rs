//! The exit codes. Each has one meaning, whichever command gives it.

/// Nothing failed at the threshold; what was asked for is done.
pub const CLEAN: u8 = 0;
/// Something failed: exceptions at or above the threshold, a claim, a case.
pub const EXCEPTIONS: u8 = 1;
/// The tool or its input failed.
pub const FAILURE: u8 = 2;
/// Not complete: something could not be read, judged or proved here.
pub const INCOMPLETE: u8 = 3;
