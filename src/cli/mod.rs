//! The command line.

mod evidence;
